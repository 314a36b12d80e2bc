/**
 * Reads date-time texts. A text without a zone is UTC.
 *
 * Layouts, tried in order: RFC 3339; the same without zone, with `T` or a space; RFC 1123, 822, 850 with zone names
 * or numbers; ANSI C; then dates: `2025-03-01`, `MM/DD/YYYY`, `DD/MM/YYYY`, `DD.MM.YYYY`, `MM.DD.YYYY`, `YYYY/MM/DD`,
 * `Mar 1, 2025`, `1 Mar 2025`. Where seconds occur, `.` or `,` and any number of digits may follow; digits behind the
 * ninth are cut. Names of months and weekdays are case-insensitive; a weekday need not be the date's. Zone names
 * other than `GMT+N` count as UTC. Hours may have one digit; months, minutes and seconds have two.
 */
import { daysFromCivil, daysInMonth, type Instant } from "./calendar.ts";

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec".toLowerCase();
const DAY = "(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)";
const LONG_DAY = "(?:Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday)";
const MONTH = "(?<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const TIME = "(?<h>\\d{1,2}):(?<min>\\d{2}):(?<s>\\d{2})(?:[.,](?<f>\\d+))?";
const NUMERIC = "(?<sign>[+-])(?<zh>\\d{2})(?<zm>\\d{2})";
const COLON_ZONE = "(?:Z|(?<sign>[+-])(?<zh>\\d{2}):(?<zm>\\d{2}))";
const NAMED = "(?<zone>\\S+)";
const Y4 = "(?<y>\\d{4})", Y2 = "(?<y2>\\d{2})", M2 = "(?<m>\\d{2})", D2 = "(?<d>\\d{2})", D1 = "(?<d>\\d{1,2})";

/** Case matters for `T`, `Z` and zone names; `names` layouts are matched without case and check the zone after. */
function layout(pattern: string, names = false): RegExp {
  return new RegExp(`^${pattern.replaceAll(" ", " +")}$`, names ? "i" : "");
}

const LAYOUTS: readonly RegExp[] = [
  layout(`${Y4}-${M2}-${D2}T${TIME}${COLON_ZONE}`),
  layout(`${Y4}-${M2}-${D2}T${TIME}`),
  layout(`${Y4}-${M2}-${D2} ${TIME}`),
  layout(`${DAY}, ${D2} ${MONTH} ${Y4} ${TIME} ${NAMED}`, true),
  layout(`${DAY}, ${D2} ${MONTH} ${Y4} ${TIME} ${NUMERIC}`, true),
  layout(`${D2} ${MONTH} ${Y2} (?<h>\\d{1,2}):(?<min>\\d{2}) ${NAMED}`, true),
  layout(`${D2} ${MONTH} ${Y2} (?<h>\\d{1,2}):(?<min>\\d{2}) ${NUMERIC}`, true),
  layout(`${LONG_DAY}, ${D2}-${MONTH}-${Y2} ${TIME} ${NAMED}`, true),
  layout(`${DAY} ${MONTH} ${D1} ${TIME} ${Y4}`, true),
  layout(`${Y4}-${M2}-${D2}`),
  layout(`${M2}/${D2}/${Y4}`),
  layout(`${D2}/${M2}/${Y4}`),
  layout(`${D2}\\.${M2}\\.${Y4}`),
  layout(`${M2}\\.${D2}\\.${Y4}`),
  layout(`${Y4}/${M2}/${D2}`),
  layout(`${MONTH} ${D1}, ${Y4}`, true),
  layout(`${D1} ${MONTH} ${Y4}`, true),
];

/** Longer texts are no dates; also bounds the work on hostile input. */
const MAX_LENGTH = 256;

/** The instant a text names, or null if no layout fits. */
export function parseDateTime(text: string): Instant | null {
  if (text.length < 8 || text.length > MAX_LENGTH) return null;
  for (const pattern of LAYOUTS) {
    const groups = pattern.exec(text)?.groups;
    const instant = groups === undefined ? null : fromGroups(groups);
    if (instant !== null) return instant;
  }
  return null;
}

function fromGroups(g: Record<string, string | undefined>): Instant | null {
  const year = g.y2 === undefined ? Number(g.y) : Number(g.y2) + (Number(g.y2) >= 69 ? 1900 : 2000);
  const month = g.mon === undefined ? Number(g.m) : MONTHS.indexOf(g.mon.toLowerCase()) / 3 + 1;
  const day = Number(g.d);
  const hour = Number(g.h ?? 0), minute = Number(g.min ?? 0), second = Number(g.s ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const offset = zoneOffset(g);
  if (offset === null) return null;
  const seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
  return { seconds, nanos: g.f === undefined ? 0 : Number(g.f.slice(0, 9).padEnd(9, "0")) };
}

/** Seconds east of UTC, null if the zone is none. */
function zoneOffset(g: Record<string, string | undefined>): number | null {
  if (g.zone !== undefined) return namedZone(g.zone);
  if (g.sign === undefined) return 0;
  const hours = Number(g.zh), minutes = Number(g.zm);
  if (hours > 24 || minutes > 60) return null;
  return (g.sign === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** `UTC`, three or four capitals as zone names have, `GMT+N`, `+N`. All but `GMT+N` have offset zero. */
function namedZone(name: string): number | null {
  const gmt = /^GMT([+-]\d+)$/.exec(name);
  if (gmt !== null) return Math.abs(Number(gmt[1])) <= 23 ? Number(gmt[1]) * 3600 : null;
  const signed = /^[+-](\d+)$/.exec(name);
  if (signed !== null) return Number(signed[1]) <= 23 ? 0 : null;
  return /^(?:[A-Z]{3}|[A-Z]{3}T|[A-Z]{4}T|WITA|ChST|MeST)$/.test(name) ? 0 : null;
}

/**
 * The hot path: RFC 3339 as machines write it, `YYYY-MM-DDThh:mm:ss[.digits](Z|±hh:mm)`, straight from bytes.
 * Fills `out`; false if the bytes are anything else, which `parseDateTime` may still accept.
 */
export function parseRfc3339(bytes: Uint8Array, start: number, end: number, out: Instant): boolean {
  if (end - start < 20) return false;
  const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
  const month = pair(bytes, start + 5), day = pair(bytes, start + 8);
  const hour = pair(bytes, start + 11), minute = pair(bytes, start + 14), second = pair(bytes, start + 17);
  if (
    bytes[start + 4] !== 45 || bytes[start + 7] !== 45 || bytes[start + 10] !== 84 || bytes[start + 13] !== 58 ||
    bytes[start + 16] !== 58
  ) return false;
  // A pair that is no number is NaN and fails its comparison.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return false;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return false;
  let at = start + 19, nanos = 0;
  if (bytes[at] === 46) {
    let scale = 100_000_000;
    const first = ++at;
    for (; at < end; at++) {
      const digit = bytes[at] - 48;
      if (digit < 0 || digit > 9) break;
      nanos += digit * scale;
      scale = scale === 1 || scale === 0 ? 0 : scale / 10;
    }
    if (at === first) return false;
  }
  let offset = 0;
  const zone = bytes[at];
  if (zone === 90 && at + 1 === end) {
    // UTC
  } else if ((zone === 43 || zone === 45) && at + 6 === end && bytes[at + 3] === 58) {
    const hours = pair(bytes, at + 1), minutes = pair(bytes, at + 4);
    if (!(hours <= 24 && minutes <= 60)) return false;
    offset = (hours * 60 + minutes) * (zone === 45 ? -60 : 60);
  } else return false;
  out.seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
  out.nanos = nanos;
  return true;
}

/** Two ASCII digits as a number, NaN if they are not. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48, ones = bytes[at + 1] - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
