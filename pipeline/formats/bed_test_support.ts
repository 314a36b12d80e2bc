/** Tests: records of a format in, rows out. */
import { BlockWriter, readBlock, rowJson } from "../native/mod.ts";
import type { Target } from "../scan/mod.ts";
import type { FormatField } from "./field.ts";
import type { FramedRecords, RecordSource } from "./records.ts";

const TYPES = {
  string: "String",
  bool: "Bool",
  int: "Int64",
  uint: "UInt64",
  float: "Float64",
  array: "String",
  map: "String",
};

export class Bed {
  readonly #writer: BlockWriter;
  readonly records: FramedRecords;

  constructor(
    readonly fields: readonly FormatField[],
    bind: (source: RecordSource, columns: readonly Target[]) => FramedRecords,
    source: Omit<RecordSource, "fields">,
  ) {
    this.#writer = new BlockWriter(
      fields.map(({ name, type, nullable }) => ({ name, type: nullable ? `Nullable(${TYPES[type]})` : TYPES[type] })),
    );
    this.records = bind({ ...source, fields }, this.#writer.columns as unknown as Target[]);
  }

  /** The row as JSON text, or the error. */
  read(record: Uint8Array): string {
    if (this.records.scan(record, 0, record.length) !== 0) return `error: ${this.records.errorText()}`;
    const { block } = this.#writer.finish();
    this.#writer.reset();
    return rowJson(readBlock(block), 0);
  }

  get rows(): number {
    return this.#writer.finish().rows;
  }
}

/** A record with its header. */
export function framed(id: number, ...payload: Uint8Array[]): Uint8Array {
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(1, id);
  return Uint8Array.from([head, ...payload].flatMap((each) => [...each]));
}
