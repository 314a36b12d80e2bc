/**
 * The text form of a pipeline's key, per record: strings as they are, numbers in decimals, timestamps as RFC 3339,
 * maps, objects and arrays as JSON. In composites a missing part is left out. Rows with equal text share a shard.
 */
import type { FieldRef } from "../pipeline/config/field_ref.ts";
import { type KeyPath, keyRefs } from "../pipeline/config/key_path.ts";
import type { Arena } from "./arena.ts";
import type { AttributeList } from "./attribute_list.ts";
import { putJsonString } from "./byte_text.ts";
import type { LogRecord } from "./log_record.ts";
import { isLogsField, type LogsField } from "./logs_layout.ts";

/** The layout's fields a key reads. */
export function keyFields(path: KeyPath): LogsField[] {
  return keyRefs(path).map((ref) => ref.field).filter(isLogsField);
}

export class RecordKey {
  /** The text of the last {@link read}: a range of the arena. */
  start = 0;
  end = 0;
  readonly #text: Part;

  constructor(path: KeyPath, readonly arena: Arena) {
    this.#text = part(path);
  }

  /** Finds the record's key; false if it has none, or an empty one. */
  read(record: LogRecord): boolean {
    const { arena } = this;
    const top = arena.top;
    const range = this.#text(record, arena, false);
    if (range === MISSING) return false;
    if (range === RENDERED) {
      this.start = top;
      this.end = arena.top;
    } else {
      this.start = range.start;
      this.end = range.end;
    }
    arena.check();
    return this.end > this.start;
  }
}

interface Range {
  start: number;
  end: number;
}
const MISSING = "missing";
/** The text was appended to the arena. */
const RENDERED = "rendered";

/** Finds or renders one part of a key; as JSON if `json`, which always renders. */
type Part = (record: LogRecord, arena: Arena, json: boolean) => Range | typeof MISSING | typeof RENDERED;

function part(path: KeyPath): Part {
  switch (path.kind) {
    case "value":
      return value(path.value);
    case "object":
      return composite(
        path.members.map((member) => [JSON.stringify(member.name) + ":", value(member.value)]),
        "{",
        "}",
      );
    case "array":
      return composite(path.items.map((item) => ["", value(item)]), "[", "]");
  }
}

/** A field, or one key of a map field. */
function value(ref: FieldRef): Part {
  if (!isLogsField(ref.field)) return () => MISSING;
  if (ref.key === undefined) return FIELDS[ref.field];
  const list = LISTS[ref.field];
  if (list === undefined) return () => MISSING;
  const key = new TextEncoder().encode(ref.key);
  const range = { start: 0, end: 0 };
  return (record, arena, json) => {
    const attributes = list(record);
    const index = attributes.find(arena, key);
    if (index < 0) return MISSING;
    range.start = attributes.spans[4 * index + 2];
    range.end = attributes.spans[4 * index + 3];
    return json ? quoted(arena, range) : range;
  };
}

function composite(parts: [label: string, part: Part][], open: string, close: string): Part {
  return (record, arena) => {
    arena.ascii(open);
    let empty = true;
    for (const [label, part] of parts) {
      const before = arena.top;
      if (!empty) arena.ascii(",");
      arena.text(label);
      if (part(record, arena, true) === MISSING) arena.top = before;
      else empty = false;
    }
    arena.ascii(close);
    return RENDERED;
  };
}

function quoted(arena: Arena, range: Range): typeof RENDERED {
  putJsonString(arena, range.start, range.end);
  return RENDERED;
}

/** `omitEmpty`: an empty text counts as missing. */
function text(find: (record: LogRecord, range: Range) => void, omitEmpty = false): Part {
  const range = { start: 0, end: 0 };
  return (record, arena, json) => {
    find(record, range);
    if (omitEmpty && range.start === range.end) return MISSING;
    return json ? quoted(arena, range) : range;
  };
}

function uint(value: (record: LogRecord) => number): Part {
  return (record, arena) => {
    arena.ascii(String(value(record) >>> 0));
    return RENDERED;
  };
}

function time(lo: (record: LogRecord) => number, hi: (record: LogRecord) => number): Part {
  return (record, arena, json) => {
    const timestamp = formatTimestamp(lo(record), hi(record));
    arena.ascii(json ? `"${timestamp}"` : timestamp);
    return RENDERED;
  };
}

function map(list: (record: LogRecord) => AttributeList): Part {
  return (record, arena) => {
    const { count, spans } = list(record);
    arena.ascii("{");
    for (let i = 0; i < count; i++) {
      if (i > 0) arena.ascii(",");
      putJsonString(arena, spans[4 * i], spans[4 * i + 1]);
      arena.ascii(":");
      putJsonString(arena, spans[4 * i + 2], spans[4 * i + 3]);
    }
    arena.ascii("}");
    return RENDERED;
  };
}

/** Nanoseconds since 1970 as RFC 3339 in UTC, without trailing zeros. */
export function formatTimestamp(lo: number, hi: number): string {
  const nanoseconds = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = Number((nanoseconds - fraction) / 1_000_000_000n);
  const date = new Date(seconds * 1000).toISOString().slice(0, 19);
  const digits = fraction.toString().padStart(9, "0").replace(/0+$/, "");
  return digits === "" ? `${date}Z` : `${date}.${digits}Z`;
}

const LISTS: Partial<Record<LogsField, (record: LogRecord) => AttributeList>> = {
  resource_attributes: (record) => record.resourceAttributes,
  scope_attributes: (record) => record.scopeAttributes,
  attributes: (record) => record.attributes,
};

const FIELDS: Readonly<Record<LogsField, Part>> = {
  timestamp: time((r) => r.timeLo, (r) => r.timeHi),
  observed_timestamp: time((r) => r.observedLo, (r) => r.observedHi),
  severity_number: uint((r) => r.severityNumber),
  severity_text: text((r, to) => (to.start = r.severityTextStart, to.end = r.severityTextEnd)),
  body: text((r, to) => (to.start = r.bodyStart, to.end = r.bodyEnd)),
  trace_id: text((r, to) => (to.start = r.traceIdStart, to.end = r.traceIdEnd), true),
  span_id: text((r, to) => (to.start = r.spanIdStart, to.end = r.spanIdEnd), true),
  flags: uint((r) => r.flags),
  dropped_attributes_count: uint((r) => r.droppedAttributes),
  resource_attributes: map((r) => r.resourceAttributes),
  scope_name: text((r, to) => (to.start = r.scopeNameStart, to.end = r.scopeNameEnd)),
  scope_version: text((r, to) => (to.start = r.scopeVersionStart, to.end = r.scopeVersionEnd), true),
  scope_attributes: map((r) => r.scopeAttributes),
  attributes: map((r) => r.attributes),
  event_name: text((r, to) => (to.start = r.eventNameStart, to.end = r.eventNameEnd)),
  resource_schema_url: text((r, to) => (to.start = r.resourceSchemaUrlStart, to.end = r.resourceSchemaUrlEnd)),
  scope_schema_url: text((r, to) => (to.start = r.scopeSchemaUrlStart, to.end = r.scopeSchemaUrlEnd)),
  resource_dropped_attributes_count: uint((r) => r.resourceDroppedAttributes),
  scope_dropped_attributes_count: uint((r) => r.scopeDroppedAttributes),
};
