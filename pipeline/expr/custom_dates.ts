// Custom date functions. Dates are UTC.
import { formatInstant } from "./time/format.ts";
import { Instant } from "./time/instant.ts";
import { need, textArguments } from "./custom_arguments.ts";

const SPACED = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.\d{6}$/;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Unix seconds of `YYYY-MM-DD hh:mm:ss.ffffff` or an RFC 3339 time; 0 for anything else. */
export function customParseISO8601(...args: unknown[]): bigint {
  const [source] = textArguments(args, 1, "parseISO8601");
  const match = SPACED.exec(source) ?? RFC3339.exec(source);
  if (match === null) return 0n;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) {
    return 0n;
  }
  const days = daysBefore(year, month, day);
  const seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  const [zoneHour, zoneMinute] = [Number(match[8] ?? 0), Number(match[9] ?? 0)];
  if (zoneHour > 24 || zoneMinute > 60) return 0n;
  const offset = (zoneHour * 60 + zoneMinute) * 60;
  return BigInt(match[7] === "-" ? seconds + offset : seconds - offset);
}

/** `YYYY-MM-DD` of Unix seconds; integer 0 for what is not a number. */
export function customToDate(...args: unknown[]): unknown {
  need(args, 1, "toDate");
  const [value] = args;
  if (value instanceof Instant) return formatInstant(value, "2006-01-02");
  if (typeof value !== "number" && typeof value !== "bigint") return 0n;
  const date = new Date(Math.trunc(Number(value)) * 1000);
  if (Number.isNaN(date.getTime())) return 0n;
  const year = date.getUTCFullYear();
  const month = String(date.getUTCMonth() + 1).padStart(2, "0");
  const day = String(date.getUTCDate()).padStart(2, "0");
  return `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}-${month}-${day}`;
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days from 1970-01-01 (Date.UTC alone would read years below 100 as 19xx). */
function daysBefore(year: number, month: number, day: number): number {
  return Date.UTC(year + 400, month - 1, day) / 86_400_000 - 146_097;
}
