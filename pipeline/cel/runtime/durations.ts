// Durations as text, and their accessors.
import { plainFloat } from "../../expr/format.ts";
import { type Duration, HOUR, MILLISECOND, MINUTE, SECOND } from "../../expr/time/duration.ts";

/** Seconds, such as `5400s` or `0.5s`. */
export function durationText(duration: Duration): string {
  return `${plainFloat(duration.in(SECOND))}s`;
}

const UNITS = { Hours: HOUR, Minutes: MINUTE, Seconds: SECOND, Milliseconds: MILLISECOND } as const;

/** Whole hours, minutes, seconds or milliseconds of the whole duration; null for other parts. */
export function durationPart({ nanoseconds }: Duration, part: string): bigint | null {
  return Object.hasOwn(UNITS, part) ? nanoseconds / UNITS[part as keyof typeof UNITS] : null;
}
