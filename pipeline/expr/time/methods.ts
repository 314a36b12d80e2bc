// The methods of instants, lengths of time, time zones, months and days of the week: `date(x).Year()`.
import { visit } from "../budget.ts";
import { EvaluationError } from "../errors.ts";
import * as t from "../types.ts";
import type { Kind, StaticType } from "../types.ts";
import { Special, typeOf } from "../values.ts";
import { type Civil, dayOfYear, isoYear } from "./civil.ts";
import {
  Duration,
  HOUR,
  MICROSECOND,
  MILLISECOND,
  MINUTE,
  roundDuration,
  saturating,
  SECOND,
  truncateDuration,
} from "./duration.ts";
import { formatInstant } from "./format.ts";
import { Instant, Named, YEAR_ONE_SECONDS } from "./instant.ts";
import { MONTHS, WEEKDAYS } from "./layout.ts";
import { UTC, Zone } from "./zone.ts";

export interface Method<Self = Special> {
  readonly params: readonly Kind[];
  readonly result: StaticType;
  /** the arguments' kinds have been checked */
  call(self: Self, args: readonly unknown[]): unknown;
}

type Methods<Self> = Readonly<Record<string, Method<Self>>>;

function method<Self>(
  params: readonly Kind[],
  result: StaticType,
  call: (self: Self, ...args: never[]) => unknown,
): Method<Self> {
  return { params, result, call: (self, args) => call(self, ...args as never[]) };
}

function whole(read: (self: Instant) => number): Method<Instant> {
  return method([], t.INT, (self) => BigInt(read(self)));
}

const YEAR_ONE = BigInt(YEAR_ONE_SECONDS) * SECOND;

/** Nanoseconds beyond the last multiple of `unit` counted from year 1. */
function beyond(self: Instant, unit: bigint): bigint {
  const rest = (self.nanoseconds - YEAR_ONE) % unit;
  return rest < 0n ? rest + unit : rest;
}

const INSTANT: Methods<Instant> = {
  Year: whole((self) => self.shown.year),
  Month: method([], t.MONTH, (self: Instant) => monthOf(self.shown)),
  Day: whole((self) => self.shown.day),
  Hour: whole((self) => self.shown.hour),
  Minute: whole((self) => self.shown.minute),
  Second: whole((self) => self.shown.second),
  Nanosecond: whole((self) => self.nanosecond),
  YearDay: whole((self) => dayOfYear(self.shown)),
  ISOWeek: whole((self) => isoYear(self.shown.days)),
  Weekday: method([], t.WEEKDAY, ({ shown }: Instant) => {
    return new Named("time.Weekday", shown.weekday, WEEKDAYS[shown.weekday]);
  }),
  Unix: whole((self) => self.unixSeconds),
  UnixMilli: method([], t.INT, (self: Instant) => floorDivide(self.nanoseconds, MILLISECOND)),
  UnixMicro: method([], t.INT, (self: Instant) => floorDivide(self.nanoseconds, MICROSECOND)),
  UnixNano: method([], t.INT, (self: Instant) => BigInt.asIntN(64, self.nanoseconds)),
  Format: method(["string"], t.STRING, (self: Instant, layout: string) => formatInstant(self, layout)),
  String: method([], t.STRING, (self: Instant) => self.toText()),
  UTC: method([], t.TIME, (self: Instant) => self.in(UTC)),
  Local: method([], t.TIME, (self: Instant) => self.in(UTC)),
  In: method(["zone"], t.TIME, (self: Instant, zone: Zone) => self.in(zone)),
  Location: method([], t.ZONE, (self: Instant) => self.zone),
  Zone: method([], t.STRING, (self: Instant) => self.shown.abbreviation),
  Add: method(["duration"], t.TIME, (self: Instant, by: Duration) => self.add(by.nanoseconds)),
  AddDate: method(["int", "int", "int"], t.TIME, (self: Instant, years: bigint, months: bigint, days: bigint) => {
    const { shown } = self;
    const civil: Civil = {
      year: shown.year + Number(years),
      month: shown.month + Number(months),
      day: shown.day + Number(days),
    };
    if (![civil.year, civil.month, civil.day].every((part) => Math.abs(part) < 1e6)) {
      throw new EvaluationError("AddDate() cannot go that far: stay within a million years, months and days");
    }
    const secondOfDay = (shown.hour * 60 + shown.minute) * 60 + shown.second;
    return Instant.of(civil, secondOfDay, self.nanosecond, self.zone);
  }),
  Sub: method(
    ["time"],
    t.DURATION,
    (self: Instant, other: Instant) => saturating(self.nanoseconds - other.nanoseconds),
  ),
  Before: method(["time"], t.BOOL, (self: Instant, other: Instant) => self.nanoseconds < other.nanoseconds),
  After: method(["time"], t.BOOL, (self: Instant, other: Instant) => self.nanoseconds > other.nanoseconds),
  Equal: method(["time"], t.BOOL, (self: Instant, other: Instant) => self.equals(other)),
  Compare: method(["time"], t.INT, ({ nanoseconds: a }: Instant, { nanoseconds: b }: Instant) => {
    return a < b ? -1n : a > b ? 1n : 0n;
  }),
  IsZero: method([], t.BOOL, (self: Instant) => self.nanoseconds === YEAR_ONE),
  IsDST: method([], t.BOOL, (self: Instant) => {
    const { year, offset } = self.shown;
    const seasons = [1, 7].map((month) => Instant.of({ year, month, day: 1 }, 0, 0, self.zone).shown.offset);
    return seasons[0] !== seasons[1] && offset === Math.max(...seasons);
  }),
  Truncate: method(["duration"], t.TIME, (self: Instant, { nanoseconds: unit }: Duration) => {
    return unit <= 0n ? self : self.add(-beyond(self, unit));
  }),
  Round: method(["duration"], t.TIME, (self: Instant, { nanoseconds: unit }: Duration) => {
    if (unit <= 0n) return self;
    const rest = beyond(self, unit);
    return self.add(rest + rest < unit ? -rest : unit - rest);
  }),
};

function monthOf({ month }: Civil): Named {
  return new Named("time.Month", month, MONTHS[month - 1]);
}

function floorDivide(value: bigint, unit: bigint): bigint {
  return BigInt.asIntN(64, (value - (((value % unit) + unit) % unit)) / unit);
}

function counted(unit: bigint): Method<Duration> {
  return method([], t.INT, (self: Duration) => self.nanoseconds / unit);
}

function measured(unit: bigint): Method<Duration> {
  return method([], t.FLOAT, (self: Duration) => self.in(unit));
}

const DURATION: Methods<Duration> = {
  Hours: measured(HOUR),
  Minutes: measured(MINUTE),
  Seconds: measured(SECOND),
  Milliseconds: counted(MILLISECOND),
  Microseconds: counted(MICROSECOND),
  Nanoseconds: counted(1n),
  String: method([], t.STRING, (self: Duration) => self.toText()),
  Abs: method([], t.DURATION, ({ nanoseconds }: Duration) => saturating(nanoseconds < 0n ? -nanoseconds : nanoseconds)),
  Round: method(["duration"], t.DURATION, (self: Duration, unit: Duration) => {
    return roundDuration(self.nanoseconds, unit.nanoseconds);
  }),
  Truncate: method(["duration"], t.DURATION, (self: Duration, unit: Duration) => {
    return truncateDuration(self.nanoseconds, unit.nanoseconds);
  }),
};

const NAMED: Methods<Special> = { String: method([], t.STRING, (self: Special) => self.toText(String)) };

const BY_KIND = { time: INSTANT, duration: DURATION, month: NAMED, weekday: NAMED, zone: NAMED } as const;

export type KindWithMethods = keyof typeof BY_KIND;

export const METHODS: Readonly<Record<KindWithMethods, Readonly<Record<string, Omit<Method, "call">>>>> = BY_KIND;

export function hasMethods(kind: Kind): kind is KindWithMethods {
  return Object.hasOwn(BY_KIND, kind);
}

/** The method of a value of this kind, or undefined. */
export function findMethod(kind: KindWithMethods, name: string): Omit<Method, "call"> | undefined {
  const methods: Readonly<Record<string, Omit<Method, "call">>> = BY_KIND[kind];
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/** Showing an instant in its zone takes as long as visiting so many elements. */
const STEPS = 10;

/** `object.name(args)` */
export function callMethod(object: unknown, name: string, ...args: unknown[]): unknown {
  visit(STEPS);
  const kind = kindOf(object);
  if (kind === null || !hasMethods(kind)) {
    if (typeof object === "object" && object !== null && !Array.isArray(object)) {
      const member = Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : null;
      throw notCallable(member);
    }
    throw new EvaluationError(`cannot fetch ${name} from ${typeOf(object)}`);
  }
  const found = findMethod(kind, name) as Method<unknown> | undefined;
  if (found === undefined) throw new EvaluationError(`cannot fetch ${name} from ${typeOf(object)}`);
  if (args.length !== found.params.length) {
    throw new EvaluationError(`${name}() takes ${found.params.length} arguments, not ${args.length}`);
  }
  const given = args.map((arg, i) => {
    const kind = found.params[i];
    if (kindOf(arg) === kind) return arg;
    // nil is 0 years, months or days
    if (kind === "int" && (arg ?? null) === null) return 0n;
    throw new EvaluationError(`${name}() takes a ${kind} here, not ${typeOf(arg)}`);
  });
  return found.call(object, given);
}

/** What a call of something that is no function fails with. */
export function notCallable(value: unknown): EvaluationError {
  const nil = value === null || value === undefined;
  return new EvaluationError(
    nil ? "invalid operation: cannot call nil" : `invalid operation: cannot call non-function of type ${typeOf(value)}`,
  );
}

/** Calls what an event's field holds, which is never a function. */
export function callValue(value: unknown): never {
  throw notCallable(value);
}

function kindOf(value: unknown): Kind | null {
  if (value instanceof Instant) return "time";
  if (value instanceof Duration) return "duration";
  if (value instanceof Zone) return "zone";
  if (value instanceof Named) return value.typeName === "time.Month" ? "month" : "weekday";
  if (typeof value === "string") return "string";
  return typeof value === "bigint" ? "int" : null;
}
