// Instants with the zone they are shown in, and the names of months and days.
import { Special } from "../values.ts";
import { type Civil, civilFromDays, daysFromCivil, weekdayOf } from "./civil.ts";
import { formatInstant } from "./format.ts";
import { UTC, type Zone } from "./zone.ts";

const SECOND = 1_000_000_000n;
export const YEAR_ONE_SECONDS = daysFromCivil(1, 1, 1) * 86_400;

export class Instant extends Special {
  override readonly typeName = "time.Time";
  #shown: Shown | null = null;

  /** nanoseconds since 1970-01-01 00:00 UTC */
  constructor(readonly nanoseconds: bigint, readonly zone: Zone) {
    super();
  }

  static now(milliseconds: number, zone: Zone = UTC): Instant {
    return new Instant(BigInt(Math.floor(milliseconds)) * 1_000_000n, zone);
  }

  /** What a clock and a calendar show; parts beyond their range count on. */
  static of(civil: Civil, secondOfDay: number, nanosecond: number, zone: Zone): Instant {
    const local = daysFromCivil(civil.year, civil.month, civil.day) * 86_400 + secondOfDay;
    // a time that clocks skip or show twice is read with the offset that held at the same reading in UTC
    const guess = zone.at(local).offset;
    const offset = guess === 0 ? 0 : zone.at(local - guess).offset;
    return new Instant(BigInt(local - offset) * SECOND + BigInt(nanosecond), zone);
  }

  get unixSeconds(): number {
    return Number((this.nanoseconds - BigInt(this.nanosecond)) / SECOND);
  }

  get nanosecond(): number {
    const rest = this.nanoseconds % SECOND;
    return Number(rest < 0n ? rest + SECOND : rest);
  }

  get shown(): Shown {
    return this.#shown ??= show(this.unixSeconds, this.zone);
  }

  in(zone: Zone): Instant {
    return new Instant(this.nanoseconds, zone);
  }

  add(nanoseconds: bigint): Instant {
    return new Instant(this.nanoseconds + nanoseconds, this.zone);
  }

  override toText(): string {
    return formatInstant(this, "2006-01-02 15:04:05.999999999 -0700 MST");
  }

  override toJson(): unknown {
    return formatInstant(this, "2006-01-02T15:04:05.999999999Z07:00");
  }

  override equals(other: unknown): boolean {
    return other instanceof Instant && other.nanoseconds === this.nanoseconds;
  }
}

/** An instant as clock and calendar show it in a zone. */
export interface Shown extends Civil {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly days: number;
  /** 0 is Sunday */
  readonly weekday: number;
  readonly offset: number;
  readonly abbreviation: string;
}

function show(unixSeconds: number, zone: Zone): Shown {
  const { offset, abbreviation } = zone.at(unixSeconds);
  const local = unixSeconds + offset;
  const days = Math.floor(local / 86_400);
  const rest = local - days * 86_400;
  return {
    ...civilFromDays(days),
    days,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: weekdayOf(days),
    offset,
    abbreviation,
  };
}

/** A month (1 is January) or a day of the week (0 is Sunday): a number with a name, not to be mixed with numbers. */
export class Named extends Special {
  constructor(
    override readonly typeName: "time.Month" | "time.Weekday",
    readonly value: number,
    readonly name: string,
  ) {
    super();
  }

  override toText(): string {
    return this.name;
  }

  override toJson(): unknown {
    return this.value;
  }

  override equals(other: unknown): boolean {
    return other instanceof Named && other.typeName === this.typeName && other.value === this.value;
  }
}
