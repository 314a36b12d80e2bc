// Built-in functions on time: date, duration, timezone, now.
import { visit } from "../budget.ts";
import { EvaluationError } from "../errors.ts";
import { text, typeOf } from "../values.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { Instant } from "./instant.ts";
import { parseInstant } from "./parse.ts";
import { namedZone, UTC, Zone } from "./zone.ts";

/** Tried in this order where no layout is given. */
export const DATE_LAYOUTS = [
  "2006-01-02",
  "15:04:05",
  "2006-01-02 15:04:05",
  "2006-01-02T15:04:05Z07:00",
  "02 Jan 06 15:04 MST",
  "Monday, 02-Jan-06 15:04:05 MST",
  "Mon, 02 Jan 2006 15:04:05 MST",
] as const;

/** Reading a date takes as long as visiting so many elements. */
const STEPS = 20;

/** `date(text)`, `date(text, layout)`, `date(text, layout, zone name)`, each also with a time zone first. */
export function date(...args: unknown[]): Instant {
  const given = args[0] instanceof Zone ? args[0] : null;
  const [value, layout, zoneName] = given === null ? args : args.slice(1);
  visit(STEPS);
  const subject = text(value, "date()");
  const zone = zoneName === undefined ? given ?? UTC : namedZone(text(zoneName, "the time zone of date()"));
  if (layout === undefined) {
    for (const each of DATE_LAYOUTS) {
      const instant = parseInstant(each, subject, zone);
      if (instant !== null) return instant;
    }
    throw new EvaluationError(`invalid date ${subject}`);
  }
  const form = text(layout, "the layout of date()");
  const instant = parseInstant(form, subject, zone);
  if (instant === null) throw new EvaluationError(`date(): ${JSON.stringify(subject)} is not written as ${form}`);
  return instant;
}

export function duration(value: unknown): Duration {
  return parseDuration(text(value, "duration()"));
}

/** A zone's clock is slow: so is everything that is asked of it. */
const ZONE_STEPS = 100;

export function timezone(name: unknown): Zone {
  visit(ZONE_STEPS);
  return namedZone(text(name, "timezone()"));
}

/** The time of the evaluation, which the row loop gives. */
export function now(milliseconds: number, zone: unknown = UTC): Instant {
  if (!(zone instanceof Zone)) throw new EvaluationError(`now() takes a time zone, not ${typeOf(zone)}`);
  return Instant.now(milliseconds, zone);
}

/** Stands for the time where generated code has none. */
export function timeless(): never {
  throw new EvaluationError("now() is not available here");
}
