/** Instants into Date, Date32, DateTime and DateTime64 columns, with range checks: nothing wraps. */
import {
  type ChType,
  type ColumnWriter,
  decodeText,
  Fixed64Writer,
  FixedWriter,
  formatInstant,
  fromTicks,
  LowCardinalityWriter,
  parseDateTime,
  parseRfc3339,
  toTicks,
} from "../../native/mod.ts";
import { outOfRange, RowError } from "./errors.ts";

/** Appends an instant to the column it was made for. */
export type PutInstant = (seconds: number, nanos: number) => void;

/** DateTime64 shows 1900-01-01 to 2299-12-31 and saturates outside, so other instants are refused. */
const DATETIME64_MIN = -2208988800, DATETIME64_MAX = 10413791999;
/** Date32 holds 1900-01-01 to 2299-12-31. */
const DATE32_MIN = -25567, DATE32_MAX = 120529;
const words = new Int32Array(2);
const instant = { seconds: 0, nanos: 0 };

export function instantWriter(writer: ColumnWriter, type: ChType): PutInstant {
  if (type.kind === "DateTime64") {
    if (!(writer instanceof Fixed64Writer)) throw new TypeError("DateTime64 values need a 64-bit writer");
    const { scale } = type;
    return (seconds, nanos) => {
      const shown = seconds >= DATETIME64_MIN && seconds <= DATETIME64_MAX;
      if (!shown || !toTicks(seconds, nanos, scale, words)) {
        throw outOfRange("DateTime64", formatInstant(seconds, nanos));
      }
      writer.putI64(words[0], words[1]);
    };
  }
  if (!(writer instanceof FixedWriter || writer instanceof LowCardinalityWriter)) {
    throw new TypeError(`${type.kind} values need a writer of numbers`);
  }
  if (type.kind === "DateTime") {
    return (seconds, nanos) => {
      if (seconds < 0 || seconds > 0xffffffff) throw outOfRange("DateTime", formatInstant(seconds, nanos));
      writer.putNumber(seconds);
    };
  }
  const [min, max] = type.kind === "Date" ? [0, 0xffff] : [DATE32_MIN, DATE32_MAX];
  return (seconds, nanos) => {
    const days = Math.floor(seconds / 86400);
    if (days < min || days > max) throw outOfRange(type.kind, formatInstant(seconds, nanos));
    writer.putNumber(days);
  };
}

/** Nanosecond ticks into a DateTime64 column of less precision, whatever they say: the original stores them too. */
export function scaleTicks(writer: Fixed64Writer, lo: number, hi: number, scale: number): void {
  fromTicks(lo, hi, 9, instant);
  toTicks(instant.seconds, instant.nanos, scale, words);
  writer.putI64(words[0], words[1]);
}

/** Nanosecond ticks, as timestamps of OTLP sources are carried. */
export function putTicks(put: PutInstant, lo: number, hi: number): void {
  fromTicks(lo, hi, 9, instant);
  put(instant.seconds, instant.nanos);
}

export function putTimeSlice(put: PutInstant, bytes: Uint8Array, start: number, end: number): void {
  if (parseRfc3339(bytes, start, end, instant)) put(instant.seconds, instant.nanos);
  else putTimeText(put, decodeText(bytes, start, end));
}

export function putTimeText(put: PutInstant, text: string): void {
  const parsed = parseDateTime(text);
  if (parsed === null) throw new RowError(`unable to parse datetime from '${text.slice(0, 200)}'`);
  put(parsed.seconds, parsed.nanos);
}

/** Milliseconds since 1970, negative ones too. */
export function putTimeMilliseconds(put: PutInstant, milliseconds: number): void {
  if (!(Math.abs(milliseconds) < 2 ** 53)) throw outOfRange("DateTime64", milliseconds);
  const seconds = Math.floor(milliseconds / 1000);
  put(seconds, (milliseconds - seconds * 1000) * 1e6);
}

/** Seconds since 1970, not negative; finer than nanoseconds is cut. */
export function putTimeNumber(put: PutInstant, seconds: number): void {
  if (!(Math.abs(seconds) < 2 ** 53)) throw outOfRange("DateTime", seconds);
  if (seconds < 0) throw new RowError(`negative timestamp: ${seconds}`);
  const whole = Math.floor(seconds);
  put(whole, Math.floor((seconds - whole) * 1e9));
}
