/**
 * Events to measure with: the same seed gives the same events on every machine.
 *
 * - `event200`: 7 fields, 205 bytes of JSON on average: a small business event.
 * - `log38`: 38 flat fields, 1 500 bytes of JSON on average: a wide structured log.
 *
 * Values vary from event to event, since code that is fast on uniform data only is not fast.
 */
import type { FieldType } from "../pipeline/scan/mod.ts";
import { Random } from "./random.ts";

export interface EventField {
  readonly name: string;
  readonly type: FieldType;
  readonly make: (random: Random, event: EventIdentity) => string | number | boolean;
}

export interface EventShape {
  readonly name: string;
  readonly fields: readonly EventField[];
  /** Bytes of an event's JSON on average, without a line end. */
  readonly meanBytes: number;
}

export interface EventIdentity {
  readonly id: string;
  /** RFC 3339 with milliseconds. */
  readonly time: string;
}

type Make = EventField["make"];
const text = (name: string, make: Make): EventField => ({ name, type: "string", make });
const whole = (name: string, limit: number): EventField => ({ name, type: "int", make: (r) => r.below(limit) });
/** Up to `digits` decimals. */
const real = (name: string, limit: number, digits: number): EventField => ({
  name,
  type: "float",
  make: (r) => r.below(limit * 10 ** digits) / 10 ** digits,
});
const oneOf = (name: string, ...values: string[]) => text(name, (r) => r.pick(values));
const words = (name: string, shortest: number, longest: number) =>
  text(name, (r) => r.words(r.between(shortest, longest)));
const numbered = (prefix: string, count: number, make: (name: string) => EventField) =>
  Array.from({ length: count }, (_, i) => make(`${prefix}_${i + 1}`));
const id: Make = (_, event) => event.id;
const time: Make = (_, event) => event.time;

const event200: EventField[] = [
  text("event_id", id),
  whole("user_id", 1_000_000),
  oneOf("kind", "view", "click", "buy", "refund"),
  real("amount", 10_000, 2),
  oneOf("country", "DE", "FR", "US", "JP", "BR", "IN"),
  text("created_at", time),
  words("note", 20, 59),
];

const log38: EventField[] = [
  text("event_id", id),
  text("timestamp", time),
  oneOf("level", "debug", "info", "warn", "error"),
  text("service", (r) => `svc-${r.below(40)}`),
  text("host", (r) => `node-${r.below(200)}.example`),
  text("pod", (r) => `pod-${r.hex(10)}`),
  oneOf("namespace", "shop", "pay", "core", "edge"),
  oneOf("region", "eu-1", "us-2", "ap-3"),
  text("trace_id", (r) => r.hex(32)),
  text("span_id", (r) => r.hex(16)),
  whole("user_id", 1_000_000),
  text("session", (r) => r.uuid()),
  oneOf("method", "GET", "POST", "PUT"),
  text("path", (r) => `/api/v1/${r.word()}/${r.below(100_000)}`),
  { name: "status", type: "int", make: (r) => r.pick([200, 200, 200, 204, 404, 500]) },
  real("duration_ms", 1_000, 3),
  whole("bytes_in", 100_000),
  whole("bytes_out", 1_000_000),
  { name: "cached", type: "bool", make: (r) => r.below(2) === 0 },
  whole("retries", 4),
  text("client_ip", (r) => `10.${r.below(256)}.${r.below(256)}.${r.below(256)}`),
  text("user_agent", (r) => `Mozilla/5.0 (X11; Linux x86_64) Bench/${r.below(100)}.${r.below(10)}`),
  text("referer", (r) => `https://example.test/${r.word()}`),
  words("message", 390, 469),
  ...numbered("label", 6, (name) => words(name, 24, 39)),
  ...numbered("metric", 5, (name) => real(name, 1_000_000, 3)),
  ...numbered("counter", 3, (name) => whole(name, 2 ** 31)),
];

export const EVENT_SHAPES = {
  event200: { name: "event200", fields: event200, meanBytes: 205 },
  log38: { name: "log38", fields: log38, meanBytes: 1_500 },
} as const satisfies Record<string, EventShape>;

export interface EventOptions {
  readonly seed?: number;
  /** Share of events that bear the id of one of the 10 000 before them. */
  readonly duplicates?: number;
}

const REMEMBERED = 10_000;
/** 2026-01-01T00:00:00Z; events are about 3 ms apart. */
const FIRST_MS = 1_767_225_600_000;

/** Events without end, in the order of their time. */
export function* events(
  shape: EventShape,
  { seed = 1, duplicates = 0 }: EventOptions = {},
): Generator<Record<string, string | number | boolean>, never> {
  const random = new Random(seed);
  const recent: string[] = [];
  for (let i = 0;; i++) {
    const repeated = recent.length > 0 && random.unit() < duplicates;
    const event: EventIdentity = {
      id: repeated ? random.pick(recent) : random.uuid(),
      time: new Date(FIRST_MS + i * 3 + random.below(3)).toISOString(),
    };
    recent[recent.length < REMEMBERED ? recent.length : random.below(REMEMBERED)] = event.id;
    yield Object.fromEntries(shape.fields.map((field) => [field.name, field.make(random, event)]));
  }
}

/** Events as JSON texts in one buffer: event i is `bytes[starts[i], starts[i + 1])`. */
export interface EventBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Uint32Array;
  readonly count: number;
}

export function eventBuffer(shape: EventShape, count: number, options?: EventOptions): EventBuffer {
  const starts = new Uint32Array(count + 1);
  const source = events(shape, options);
  let out = new Uint8Array(count * (shape.meanBytes + 64));
  let length = 0;
  for (let i = 0; i < count; i++) {
    const line = JSON.stringify(source.next().value);
    if (length + line.length * 3 > out.length) {
      const larger = new Uint8Array(out.length * 2 + line.length * 3);
      larger.set(out.subarray(0, length));
      out = larger;
    }
    length += encoder.encodeInto(line, out.subarray(length)).written;
    starts[i + 1] = length;
  }
  return { bytes: out.slice(0, length), starts, count };
}

const encoder = new TextEncoder();
