/**
 * Records that bear the id of their schema in front: a zero byte, four bytes of id, for Protobuf the path to the message, the
 * payload. Each is read by the schema it was written with, into the columns of the source's fields; a schema that lacks one of
 * them, or gives it another type, makes its records undecodable, with the reason.
 *
 * With a registry an id has to be learnt first: `missing` tells which are not. Pure: who asks the registry is another's matter.
 */
import type { Target } from "../scan/mod.ts";
import { Cursor } from "./cursor.ts";
import { SchemaError } from "./errors.ts";
import type { WantedField } from "./field.ts";
import { Slots } from "./slots.ts";
import { Undecodable } from "./undecodable.ts";

/** A schema as a registry has it. `references`: what it imports, each before those that need it. */
export interface RegisteredSchema {
  /** `AVRO`, `PROTOBUF` or `JSON`. */
  readonly type: string;
  readonly text: string;
  readonly references: readonly { readonly name: string; readonly text: string }[];
}

/** What a compiled source knows of its format. */
export interface RecordSource {
  readonly fields: readonly WantedField[];
  /** The schema text that the configuration gives; empty for JSON. */
  readonly file: string;
  readonly messageType: string;
  /** The id whose schema the configuration was made with; null without a registry. */
  readonly version: string | null;
}

/** Reads one payload into slots; throws {@link Undecodable}. */
export type ReadPayload = (cursor: Cursor, slots: Slots) => void;

/** @throws {SchemaError} when records of the schema cannot be rows of this source. */
export type MakeReader = (schema: RegisteredSchema, source: RecordSource) => ReadPayload;

/** Where the records of a batch lie: as `RecordBatch` has it. */
export interface RecordPlaces {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly values: Int32Array;
}

export interface SchemaBook {
  /** Ids in these records of which nothing is known. */
  missing(records: RecordPlaces): number[];
  /** What the registry has under an id, or why its records cannot be read. */
  learn(id: number, found: RegisteredSchema | string): void;
  /** The id may have another answer from now on. */
  forget(id: number): void;
}

const HEADER = 5;
const REFUSED = 1;

/** Reads a record's payload, writes it to the columns and returns null, or why it cannot be read. */
type Scan = (bytes: Uint8Array, start: number, end: number) => string | null;

export abstract class FramedRecords implements SchemaBook {
  readonly #known = new Map<number, Scan | string>();
  #lastId = -1;
  #last: Scan | string | undefined;
  #error = "";

  constructor(readonly source: RecordSource) {}

  /** Throws {@link SchemaError}. */
  protected abstract scanner(schema: RegisteredSchema): Scan;
  /** For all ids: a source without a registry has one schema. */
  protected abstract readonly only: Scan | null;

  /** 0: appended to the columns. */
  readonly scan = (bytes: Uint8Array, start: number, end: number): number => {
    const problem = this.#scan(bytes, start, end);
    if (problem === null) return 0;
    this.#error = problem;
    return REFUSED;
  };

  readonly errorText = (): string => this.#error;

  missing({ bytes, count, values }: RecordPlaces): number[] {
    if (this.only) return [];
    const missing = new Set<number>();
    for (let i = 0; i < count; i++) {
      const start = values[2 * i];
      if (start < 0 || values[2 * i + 1] - start < HEADER || bytes[start] !== 0) continue;
      const id = idAt(bytes, start);
      if (id !== this.#lastId && !this.#known.has(id)) missing.add(id);
    }
    return [...missing];
  }

  learn(id: number, found: RegisteredSchema | string): void {
    this.#lastId = -1;
    if (typeof found === "string") {
      this.#known.set(id, found);
      return;
    }
    try {
      this.#known.set(id, this.scanner(found));
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      this.#known.set(id, `schema ${id} is incompatible: ${error.message}`);
    }
  }

  forget(id: number): void {
    this.#lastId = -1;
    this.#known.delete(id);
  }

  #scan(bytes: Uint8Array, start: number, end: number): string | null {
    if (end - start < HEADER) return "message is too short to contain schema ID";
    if (bytes[start] !== 0) return "failed to parse schema ID from message";
    let scan: Scan | string | undefined = this.only ?? undefined;
    if (!scan) {
      const id = idAt(bytes, start);
      if (id !== this.#lastId) {
        this.#last = this.#known.get(id);
        this.#lastId = id;
      }
      scan = this.#last;
      if (scan === undefined) return `schema id ${id} is not known`;
      if (typeof scan === "string") return scan;
    }
    return scan(bytes, start + HEADER, end);
  }
}

/** Of Avro and Protobuf. */
export class BinaryRecords extends FramedRecords {
  readonly #cursor = new Cursor();
  readonly #slots: Slots;
  protected readonly only: Scan | null;

  constructor(
    source: RecordSource,
    readonly make: MakeReader,
    type: string,
    readonly columns: readonly (Target | null)[],
  ) {
    super(source);
    this.#slots = new Slots(source.fields);
    this.only = source.version === null ? this.scanner({ type, text: source.file, references: [] }) : null;
  }

  protected scanner(schema: RegisteredSchema): Scan {
    const read = this.make(schema, this.source);
    return (bytes, start, end) => {
      try {
        this.#slots.clear();
        this.#cursor.begin(bytes, start, end);
        read(this.#cursor, this.#slots);
        this.#slots.check();
      } catch (error) {
        if (error instanceof Undecodable) return error.message;
        throw error;
      }
      this.#slots.put(bytes, this.columns);
      return null;
    };
  }
}

function idAt(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 1] << 24) | (bytes[start + 2] << 16) | (bytes[start + 3] << 8) | bytes[start + 4]) >>> 0;
}
