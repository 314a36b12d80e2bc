// Durations: `1h2m3.5s` to nanoseconds and back, and their accessors.
import { plainFloat } from "../../expr/format.ts";
import { Duration, MAX_INT, MIN_INT } from "./values.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "µs": 1_000n,
  "μs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const LONGEST = 1_000;
const WHOLE = /^[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/g;

/** Null when the text is no duration or too long a one. What is finer than a nanosecond is cut off. */
export function parseDuration(text: string): Duration | null {
  if (text.length > LONGEST) return null;
  if (/^[+-]?0$/.test(text)) return new Duration(0n);
  if (!WHOLE.test(text)) return null;
  let total = 0n;
  for (const [, digits, fraction = "", unit] of text.matchAll(PART)) {
    const scale = 10n ** BigInt(fraction.length);
    total += BigInt(digits || "0") * UNITS[unit] + BigInt(fraction || "0") * UNITS[unit] / scale;
  }
  if (text.startsWith("-")) total = -total;
  return total < MIN_INT || total > MAX_INT ? null : new Duration(total);
}

/** Seconds, such as `5400s` or `0.5s`. */
export function durationText({ nanoseconds }: Duration): string {
  return `${plainFloat(seconds(nanoseconds))}s`;
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds / UNITS.s) + Number(nanoseconds % UNITS.s) / 1e9;
}

/** Whole hours, minutes, seconds or milliseconds of the whole duration. */
export function durationIn({ nanoseconds }: Duration, unit: "h" | "m" | "s" | "ms"): bigint {
  return nanoseconds / UNITS[unit];
}
