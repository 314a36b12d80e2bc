// The accessors: getFullYear() and its kin on timestamps, getHours() and its kin also on durations.
import { durationIn } from "./durations.ts";
import { type TimePart, timestampPart } from "./timestamps.ts";
import { Duration, noOverload, Timestamp } from "./values.ts";

const DURATION_UNITS = { Hours: "h", Minutes: "m", Seconds: "s", Milliseconds: "ms" } as const;

export function timePart(part: TimePart, value: unknown, ...zone: unknown[]): bigint {
  if (value instanceof Timestamp) {
    if (zone.length === 0) return timestampPart(value, part);
    if (typeof zone[0] === "string") return timestampPart(value, part, zone[0]);
  }
  if (value instanceof Duration && zone.length === 0 && part in DURATION_UNITS) {
    return durationIn(value, DURATION_UNITS[part as keyof typeof DURATION_UNITS]);
  }
  throw noOverload(`get${part}`, value, ...zone);
}
