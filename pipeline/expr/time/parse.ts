// Reads an instant from text in a layout.
import { daysBeforeMonth, daysIn, isLeap } from "./civil.ts";
import { Instant } from "./instant.ts";
import { type LayoutPart, layoutParts, MONTHS, WEEKDAYS } from "./layout.ts";
import { fixedZone, UTC, type Zone } from "./zone.ts";

/** What has been read; a part that the layout does not have keeps its value. */
interface Fields {
  year: number;
  month: number | null;
  day: number | null;
  yearDay: number | null;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  half: "AM" | "PM" | null;
  zone: Zone | null;
  offset: number | null;
  zoneName: string;
}

/** Why a text does not fit its layout. */
class Mismatch extends Error {}

/**
 * The instant, or null where the text does not fit the layout or says what is no time. A text without a zone is in
 * `zone`; an offset that `zone` has at that time means `zone`.
 */
export function parseInstant(layout: string, text: string, zone: Zone): Instant | null {
  try {
    return instantOf(new Reader(layoutParts(layout), text).fields(), zone);
  } catch (error) {
    if (error instanceof Mismatch) return null;
    throw error;
  }
}

class Reader {
  readonly #fields: Fields = {
    year: 0,
    month: null,
    day: null,
    yearDay: null,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: null,
    zone: null,
    offset: null,
    zoneName: "",
  };
  #rest: string;

  constructor(readonly parts: readonly LayoutPart[], text: string) {
    this.#rest = text;
  }

  fields(): Fields {
    this.parts.forEach((part, i) => this.#read(part, this.parts[i + 1]));
    if (this.#rest !== "") throw new Mismatch();
    return this.#fields;
  }

  #read({ element, text }: LayoutPart, next: LayoutPart | undefined): void {
    const fields = this.#fields;
    switch (element) {
      case "text":
        return this.#skip(text);
      case "year": {
        const year = Number(this.#take(/^\d\d/));
        fields.year = year + (year >= 69 ? 1900 : 2000);
        return;
      }
      case "long year":
        fields.year = Number(this.#take(/^\d{4}/));
        return;
      case "month name":
        fields.month = this.#name(MONTHS) + 1;
        return;
      case "month short":
        fields.month = this.#name(MONTHS.map((name) => name.slice(0, 3))) + 1;
        return;
      case "month":
      case "month 2":
        fields.month = this.#number(element === "month 2", 1, 12);
        return;
      case "weekday name":
        this.#name(WEEKDAYS);
        return;
      case "weekday short":
        this.#name(WEEKDAYS.map((name) => name.slice(0, 3)));
        return;
      case "day _2":
        this.#spaces(1);
        fields.day = this.#number(false, 0, 99);
        return;
      case "day":
      case "day 2":
        fields.day = this.#number(element === "day 2", 0, 99);
        return;
      case "year day _3":
        this.#spaces(2);
        fields.yearDay = Number(this.#take(/^\d{1,3}/));
        return;
      case "year day 3":
        fields.yearDay = Number(this.#take(/^\d{3}/));
        return;
      case "hour":
        fields.hour = this.#number(false, 0, 23);
        return;
      case "hour12":
      case "hour12 2":
        fields.hour = this.#number(element === "hour12 2", 0, 12);
        return;
      case "minute":
      case "minute 2":
        fields.minute = this.#number(element === "minute 2", 0, 59);
        return;
      case "second":
      case "second 2":
        fields.second = this.#number(element === "second 2", 0, 59);
        // a fraction may follow although the layout does not say so
        if (!next?.element.startsWith("fraction")) this.#fraction(/^(?:[.,]\d+)?/);
        return;
      case "PM":
      case "pm":
        fields.half = this.#take(element === "PM" ? /^[AP]M/ : /^[ap]m/).toUpperCase() as "AM" | "PM";
        return;
      case "zone name":
        return this.#zoneName();
      case "zone offset":
        return this.#offset(text);
      case "fraction 0":
        return this.#fraction(new RegExp(`^[.,]\\d{${text.length - 1}}`));
      case "fraction 9":
        return this.#fraction(/^(?:[.,]\d+)?/);
    }
  }

  /** A run of spaces in the layout stands for any run of them, also for none at the end of the text. */
  #skip(text: string): void {
    for (const piece of text.match(/ +|[^ ]+/g)!) {
      if (piece[0] !== " ") {
        if (!this.#rest.startsWith(piece)) throw new Mismatch();
        this.#rest = this.#rest.slice(piece.length);
      } else if (this.#rest !== "") {
        if (this.#rest[0] !== " ") throw new Mismatch();
        this.#rest = this.#rest.replace(/^ +/, "");
      }
    }
  }

  #take(pattern: RegExp): string {
    const found = pattern.exec(this.#rest)?.[0];
    if (found === undefined) throw new Mismatch();
    this.#rest = this.#rest.slice(found.length);
    return found;
  }

  #spaces(most: number): void {
    this.#take(most === 1 ? /^ ?/ : /^ {0,2}/);
  }

  /** One or two digits, or exactly two. */
  #number(two: boolean, least: number, most: number): number {
    const value = Number(this.#take(two ? /^\d\d/ : /^\d\d?/));
    if (value < least || value > most) throw new Mismatch();
    return value;
  }

  #name(names: readonly string[]): number {
    const lower = this.#rest.slice(0, 10).toLowerCase();
    const at = names.findIndex((name) => lower.startsWith(name.toLowerCase()));
    if (at < 0) throw new Mismatch();
    this.#rest = this.#rest.slice(names[at].length);
    return at;
  }

  #fraction(pattern: RegExp): void {
    const digits = this.#take(pattern).slice(1, 10);
    if (digits !== "") this.#fields.nanosecond = Number(digits.padEnd(9, "0"));
  }

  #offset(form: string): void {
    if (form[0] === "Z" && this.#rest[0] === "Z") {
      this.#rest = this.#rest.slice(1);
      this.#fields.zone = UTC;
      return;
    }
    const colon = form.includes(":") ? ":" : "";
    const count = form.replaceAll(/\D/g, "").length / 2;
    const pattern = new RegExp(`^[+-]\\d\\d${`${colon}\\d\\d`.repeat(count - 1)}`);
    const found = this.#take(pattern);
    const [hours, minutes = 0, seconds = 0] = found.match(/\d\d/g)!.map(Number);
    // people do write offsets of 24 hours and 60 minutes
    if (hours > 24 || minutes > 60 || seconds > 60) throw new Mismatch();
    const size = (hours * 60 + minutes) * 60 + seconds;
    this.#fields.offset = found[0] === "-" ? -size : size;
  }

  /** `UTC`, `CET`, `GMT+3`, `-03`. */
  #zoneName(): void {
    if (this.#rest.startsWith("UTC")) {
      this.#rest = this.#rest.slice(3);
      this.#fields.zone = UTC;
      return;
    }
    const name = this.#take(
      /^(?:ChST|MeST|GMT(?:[+-](?:2[0-3]|[01]?\d)(?!\d))?|[+-](?:2[0-3]|[01]?\d)(?!\d)|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z]))/,
    );
    this.#fields.zoneName = name;
  }
}

function instantOf(fields: Fields, zone: Zone): Instant {
  const { year, half } = fields;
  const { month, day } = fields.yearDay === null
    ? { month: fields.month ?? 1, day: fields.day ?? 1 }
    : dateOfYearDay(fields, fields.yearDay);
  if (day < 1 || day > daysIn(year, month)) throw new Mismatch();
  const hour = half === "PM" && fields.hour < 12
    ? fields.hour + 12
    : half === "AM" && fields.hour === 12
    ? 0
    : fields.hour;
  const secondOfDay = (hour * 60 + fields.minute) * 60 + fields.second;
  const at = (where: Zone) => Instant.of({ year, month, day }, secondOfDay, fields.nanosecond, where);
  if (fields.zone !== null) return at(fields.zone);
  if (fields.offset !== null) {
    const instant = at(UTC).add(BigInt(-fields.offset) * 1_000_000_000n);
    const there = zone.at(instant.unixSeconds);
    const same = there.offset === fields.offset && (fields.zoneName === "" || fields.zoneName === there.abbreviation);
    return instant.in(same ? zone : fixedZone(fields.zoneName, fields.offset));
  }
  return fields.zoneName === "" ? at(zone) : atZoneName(at(UTC), fields.zoneName, zone);
}

/** An abbreviation means something only where the zone uses it; elsewhere it is kept as a name without an offset. */
function atZoneName(reading: Instant, name: string, zone: Zone): Instant {
  const { unixSeconds } = reading;
  for (const guess of [unixSeconds, unixSeconds - 86_400, unixSeconds + 86_400]) {
    const { offset } = zone.at(guess);
    if (zone.at(unixSeconds - offset).abbreviation === name) {
      return reading.add(BigInt(-offset) * 1_000_000_000n).in(zone);
    }
  }
  const hours = /^GMT([+-]\d+)$/.exec(name)?.[1] ?? "0";
  return reading.in(fixedZone(name, Number(hours) * 3600));
}

function dateOfYearDay({ year, month, day }: Fields, yearDay: number): { month: number; day: number } {
  let ordinal = yearDay;
  let found: { month: number; day: number } | null = null;
  if (isLeap(year)) {
    if (ordinal === 31 + 29) found = { month: 2, day: 29 };
    else if (ordinal > 31 + 29) ordinal--;
  }
  if (ordinal < 1 || ordinal > 365) throw new Mismatch();
  if (found === null) {
    let at = 1;
    while (daysBeforeMonth(at + 1) < ordinal) at++;
    found = { month: at, day: ordinal - daysBeforeMonth(at) };
  }
  if ((month !== null && month !== found.month) || (day !== null && day !== found.day)) throw new Mismatch();
  return found;
}
