/** JSON records to Native blocks of 1 000 rows. `value`: rows per second of `log38`, all 38 fields. */
import { BlockWriter, type Layout } from "../pipeline/native/mod.ts";
import { createScanner, type FieldType, type ScanField, type Target } from "../pipeline/scan/mod.ts";
import { parseToColumns } from "./baseline/json_parse.ts";
import { EVENT_SHAPES, type EventBuffer, eventBuffer, type EventShape } from "./events.ts";
import { besideBaseline, type Side, significant, takeTurns } from "./measure.ts";
import type { Bench } from "./result.ts";

const ROWS_PER_BLOCK = 1_000;
const EVENTS = { log38: 20_000, event200: 100_000 };
/** What a pipeline with few mapped columns reads of a wide log. */
const EIGHT = ["event_id", "timestamp", "level", "service", "user_id", "status", "duration_ms", "message"];

const COLUMN_TYPE: Record<FieldType, string> = {
  string: "String",
  bool: "Bool",
  int: "Int64",
  uint: "UInt64",
  float: "Float64",
  array: "String",
  map: "String",
};

export const bench: Bench = {
  about: "JSON to columns: the byte scanner against JSON.parse",
  async run(note) {
    note("making events");
    const wide = eventBuffer(EVENT_SHAPES.log38, EVENTS.log38);
    const small = eventBuffer(EVENT_SHAPES.event200, EVENTS.event200);
    const all = fieldsOf(EVENT_SHAPES.log38);
    const few = all.filter((field) => EIGHT.includes(field.name));
    const event200 = fieldsOf(EVENT_SHAPES.event200);
    note("measuring");
    const measured = await takeTurns({
      log38: scanning(wide, all),
      log38Baseline: parsing(wide, all),
      eight: scanning(wide, few),
      eightBaseline: parsing(wide, few),
      event200: scanning(small, event200),
      event200Baseline: parsing(small, event200),
    }, { rounds: 9, warmUps: 2 });
    return {
      value: Math.round(measured.log38.rate),
      unit: "rows/s",
      baseline: Math.round(measured.log38Baseline.rate),
      ratio: significant(measured.log38.rate / measured.log38Baseline.rate),
      cpu_seconds_per_million_events: {
        ours: measured.log38.perMillion("ours"),
        baseline: measured.log38Baseline.perMillion("ours"),
      },
      log38_all_fields: besideBaseline(measured.log38, measured.log38Baseline),
      log38_8_fields: besideBaseline(measured.eight, measured.eightBaseline),
      event200: besideBaseline(measured.event200, measured.event200Baseline),
    };
  },
};

function fieldsOf(shape: EventShape): ScanField[] {
  return shape.fields.map(({ name, type }) => ({ name, type, nullable: false }));
}

function layoutOf(fields: readonly ScanField[]): Layout {
  return fields.map(({ name, type }) => ({ name, type: COLUMN_TYPE[type] }));
}

function scanning({ bytes, starts, count }: EventBuffer, fields: readonly ScanField[]): Side {
  const block = new BlockWriter(layoutOf(fields));
  const scanner = createScanner(fields, block.columns as unknown as Target[]);
  return {
    run() {
      for (let i = 0; i < count; i++) {
        if (scanner.scan(bytes, starts[i], starts[i + 1]) !== 0) throw new Error(scanner.errorText());
        if (block.rows === ROWS_PER_BLOCK) finish(block);
      }
      finish(block);
      return { events: count, bytes: bytes.length };
    },
  };
}

function parsing({ bytes, starts, count }: EventBuffer, fields: readonly ScanField[]): Side {
  const block = new BlockWriter(layoutOf(fields));
  const parse = parseToColumns(fields, block.columns);
  return {
    run() {
      for (let i = 0; i < count; i++) {
        parse(bytes.subarray(starts[i], starts[i + 1]));
        if (block.rows === ROWS_PER_BLOCK) finish(block);
      }
      finish(block);
      return { events: count, bytes: bytes.length };
    },
  };
}

function finish(block: BlockWriter): void {
  block.finish();
  block.reset();
}
