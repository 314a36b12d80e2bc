// The accessors: getFullYear() and its kin on timestamps, getHours() and its kin also on durations.
import { durationPart } from "./durations.ts";
import { type TimePart, timestampPart } from "./timestamps.ts";
import { Duration, noOverload, Timestamp } from "./values.ts";

export function timePart(part: TimePart, value: unknown, ...zone: unknown[]): bigint {
  if (value instanceof Timestamp) {
    if (zone.length === 0) return timestampPart(value, part);
    if (typeof zone[0] === "string") return timestampPart(value, part, zone[0]);
  }
  const whole = value instanceof Duration && zone.length === 0 ? durationPart(value, part) : null;
  if (whole === null) throw noOverload(`get${part}`, value, ...zone);
  return whole;
}
