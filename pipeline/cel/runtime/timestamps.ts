// Instants: RFC 3339 text to nanoseconds and back, and what a clock in some zone shows.
import { visit } from "../../expr/budget.ts";
import { EvaluationError } from "../../expr/errors.ts";
import { namedZone } from "../../expr/time/zone.ts";
import { checkTimestamp, SECOND, Timestamp } from "./values.ts";

const RFC3339 = new RegExp(
  "^(\\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):([0-5]\\d):([0-5]\\d)(?:\\.(\\d{1,200}))?" +
    "(?:Z|([+-])([01]\\d|2[0-3]):([0-5]\\d))$",
);
const LONGEST = 250;

/** Null when the text is no instant. @throws EvaluationError outside the years 1 to 9999 */
export function parseTimestamp(text: string): Timestamp | null {
  const match = text.length > LONGEST ? null : RFC3339.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCDate() !== day) return null;
  date.setUTCHours(hour, minute, second);
  const fraction = BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  const offset = match[8] === undefined ? 0 : (match[8] === "-" ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10]));
  return checkTimestamp((BigInt(date.getTime() / 1000) - BigInt(offset * 60)) * SECOND + fraction, offset);
}

/** In the offset it was written with. */
export function timestampText({ nanoseconds, offset }: Timestamp): string {
  const fraction = floorRemainder(nanoseconds, SECOND);
  const local = new Date(Number((nanoseconds - fraction) / 1_000_000n) + offset * 60_000);
  const digits = fraction === 0n ? "" : `.${String(fraction).padStart(9, "0").replace(/0+$/, "")}`;
  return local.toISOString().replace(/\.\d+Z$/, "").replace(/^[+-]00/, "") + digits + offsetText(offset);
}

function offsetText(offset: number): string {
  if (offset === 0) return "Z";
  const minutes = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

function floorRemainder(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}

export type TimePart =
  | "FullYear"
  | "Month"
  | "Date"
  | "DayOfMonth"
  | "DayOfWeek"
  | "DayOfYear"
  | "Hours"
  | "Minutes"
  | "Seconds"
  | "Milliseconds";

/** What a clock shows: in `zone` (a name such as `Europe/Oslo` or an offset such as `+02:00`), else in UTC. */
export function timestampPart(instant: Timestamp, part: TimePart, zone?: string): bigint {
  const milliseconds = (instant.nanoseconds - floorRemainder(instant.nanoseconds, 1_000_000n)) / 1_000_000n;
  const utc = Number(milliseconds);
  const local = new Date(utc + (zone === undefined ? 0 : zoneOffset(zone, utc)));
  switch (part) {
    case "FullYear":
      return BigInt(local.getUTCFullYear());
    case "Month":
      return BigInt(local.getUTCMonth());
    case "Date":
      return BigInt(local.getUTCDate());
    case "DayOfMonth":
      return BigInt(local.getUTCDate() - 1);
    case "DayOfWeek":
      return BigInt(local.getUTCDay());
    case "DayOfYear":
      return BigInt(dayOfYear(local));
    case "Hours":
      return BigInt(local.getUTCHours());
    case "Minutes":
      return BigInt(local.getUTCMinutes());
    case "Seconds":
      return BigInt(local.getUTCSeconds());
    case "Milliseconds":
      return BigInt(local.getUTCMilliseconds());
  }
}

const DAY = 86_400_000;

function dayOfYear(date: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start.getTime()) / DAY);
}

/** Asking for a zone's offset takes as long as visiting so many elements. */
const STEPS = 200;

/** Milliseconds east of UTC at an instant. */
function zoneOffset(zone: string, utc: number): number {
  visit(STEPS);
  const fixed = /^([+-]?)(\d{1,2}):(\d{1,2})$/.exec(zone);
  if (fixed !== null) {
    const [hours, minutes] = [Number(fixed[2]), Number(fixed[3])];
    if (hours > 23 || minutes > 59) throw unknownZone(zone);
    return (fixed[1] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  return namedZone(zone).at(Math.floor(utc / 1000)).offset * 1000;
}

function unknownZone(zone: string): EvaluationError {
  return new EvaluationError(`unknown time zone ${JSON.stringify(zone)}: use a name such as Europe/Oslo or +02:00`);
}
