/** Rules of dates, times and instants. What texts mean is listed here by hand, as UTC instants. */
import { Digits } from "../../json_digits.ts";
import { type Expected, type Rule, type Source, unfit } from "./rule.ts";

const BILLION = 1_000_000_000n;

/** Text → the instant, and its fraction in nanoseconds. */
const TEXTS: readonly (readonly [string, string, number?])[] = [
  ["2025-03-01T10:20:30Z", "2025-03-01T10:20:30Z"],
  ["2025-03-01T10:20:30+01:00", "2025-03-01T09:20:30Z"],
  ["2025-03-01T10:20:30.5-03:30", "2025-03-01T13:50:30Z", 500_000_000],
  ["2025-03-01T10:20:30.123456789Z", "2025-03-01T10:20:30Z", 123_456_789],
  ["2025-03-01T10:20:30,1234567891234Z", "2025-03-01T10:20:30Z", 123_456_789],
  ["2025-03-01T10:20:30", "2025-03-01T10:20:30Z"],
  ["2025-03-01T10:20:30.25", "2025-03-01T10:20:30Z", 250_000_000],
  ["2025-03-01 10:20:30", "2025-03-01T10:20:30Z"],
  ["2025-03-01 10:20:30,25", "2025-03-01T10:20:30Z", 250_000_000],
  ["Sat, 01 Mar 2025 10:20:30 UTC", "2025-03-01T10:20:30Z"],
  ["Sat, 01 Mar 2025 10:20:30 GMT", "2025-03-01T10:20:30Z"],
  ["Sat, 01 Mar 2025 10:20:30 +0100", "2025-03-01T09:20:30Z"],
  ["01 Mar 25 10:20 UTC", "2025-03-01T10:20:00Z"],
  ["01 Mar 25 10:20 -0200", "2025-03-01T12:20:00Z"],
  ["Saturday, 01-Mar-25 10:20:30 UTC", "2025-03-01T10:20:30Z"],
  ["Sat Mar  1 10:20:30 2025", "2025-03-01T10:20:30Z"],
  ["2025-03-01", "2025-03-01T00:00:00Z"],
  ["03/04/2025", "2025-03-04T00:00:00Z"],
  ["13/01/2025", "2025-01-13T00:00:00Z"],
  ["03.04.2025", "2025-04-03T00:00:00Z"],
  ["01.13.2025", "2025-01-13T00:00:00Z"],
  ["2025/03/01", "2025-03-01T00:00:00Z"],
  ["Mar 1, 2025", "2025-03-01T00:00:00Z"],
  ["1 Mar 2025", "2025-03-01T00:00:00Z"],
  ["2024-02-29", "2024-02-29T00:00:00Z"],
  // Edges of the types.
  ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
  ["1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z", 999_000_000],
  ["2106-02-07T06:28:15Z", "2106-02-07T06:28:15Z"],
  ["2106-02-07T06:28:16Z", "2106-02-07T06:28:16Z"],
  ["2149-06-06", "2149-06-06T00:00:00Z"],
  ["2149-06-07", "2149-06-07T00:00:00Z"],
  ["1900-01-01", "1900-01-01T00:00:00Z"],
  ["1899-12-31", "1899-12-31T00:00:00Z"],
  ["2262-04-11T23:47:16Z", "2262-04-11T23:47:16Z"],
  ["2262-04-11T23:47:17Z", "2262-04-11T23:47:17Z"],
  ["2299-12-31T23:59:59Z", "2299-12-31T23:59:59Z"],
  ["2300-01-01T00:00:00Z", "2300-01-01T00:00:00Z"],
];
const NO_DATES = [
  ...["", "garbage", "1740824430", "2025-03-01T10:20:30+0100", "2025-3-1", "3/4/2025", "2025-02-30", "2023-02-29"],
  ...["2025-03-01T25:00:00Z", "2025-03-01T10:60:00Z", "13.13.2025", "2025-03-01T10:20", "10:20:30", "٢٠٢٥-٠٣-٠١"],
];
const NUMBERS = [
  "0",
  "1",
  "-1",
  "1740824430",
  "4294967295",
  "4294967296",
  "9223372036",
  "9223372037",
  "10413791999",
  "10413792000",
];
export const SECONDS: Readonly<Partial<Record<Source, readonly string[]>>> = {
  int: NUMBERS,
  uint: NUMBERS.filter((text) => text !== "-1"),
  float: [...NUMBERS, "1740824430.25", "1740824430.5", "0.5"],
};
export const TIMESTAMPS = ["0", "1", "-1", "1740824430123456789", "4294967295999999999", "4294967296000000000"];

interface DateType {
  readonly text: string;
  readonly zero: string;
  /** Seconds, both included. */
  readonly least: bigint;
  readonly most: bigint;
  readonly name: string;
  show(nanoseconds: bigint): string;
}

function instantOf(source: Source, value: unknown): bigint | string {
  if (typeof value === "string") {
    const found = TEXTS.find(([text]) => text === value);
    return found === undefined ? "unable to parse datetime from" : ns(found[1]) + BigInt(found[2] ?? 0);
  }
  const { text } = value as Digits;
  if (source === "timestamp") return BigInt(text);
  if (text.startsWith("-")) return source === "uint" ? "64-bit uint" : "negative timestamp";
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole) * BILLION + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

const ns = (utc: string) => BigInt(Date.parse(utc)) * 1_000_000n;
const floor = (value: bigint, unit: bigint) => (value - (((value % unit) + unit) % unit)) / unit;

function rule(type: DateType): Rule {
  return {
    text: type.text,
    sources: new Set<Source>(["string", "key", "int", "uint", "float", "timestamp", "element"]),
    zero: type.zero,
    edges: [...TEXTS.map(([text]) => text), ...NO_DATES],
    convert(source, value): Expected {
      if (typeof value !== "string" && !(value instanceof Digits)) return unfit(value, type.text);
      const instant = instantOf(source, value);
      if (typeof instant === "string") return { error: instant };
      const seconds = floor(instant, BILLION);
      // Timestamps of OTLP are stored in instants whatever they say.
      const carried = source === "timestamp" && type.name === "DateTime64";
      if (!carried && (seconds < type.least || seconds > type.most)) {
        return { error: `value out of range of ${type.name}` };
      }
      return { result: type.show(instant) };
    },
  };
}

/** `hours`: the zone's distance from UTC. */
function clock(instant: bigint, digits: number, hours: number): string {
  const unit = 10n ** BigInt(9 - digits);
  const ticks = floor(instant + BigInt(hours) * 3600n * BILLION, unit);
  const perSecond = 10n ** BigInt(digits);
  const seconds = floor(ticks, perSecond);
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ");
  return digits === 0 ? text : `${text}.${String(ticks - seconds * perSecond).padStart(digits, "0")}`;
}

const day = (instant: bigint) => clock(instant, 0, 0).slice(0, 10);
const at = (utc: string) => ns(utc) / BILLION;

function dateTime64(digits: number, zone: string | null, hours = 0): Rule {
  // Ticks of nanoseconds end in 2262.
  const most = digits === 9 ? 9223372036n : at("2299-12-31T23:59:59Z");
  return rule({
    text: zone === null ? `DateTime64(${digits})` : `DateTime64(${digits}, '${zone}')`,
    zero: clock(0n, digits, hours),
    least: at("1900-01-01T00:00:00Z"),
    most,
    name: "DateTime64",
    show: (instant) => clock(instant, digits, hours),
  });
}

function dateTime(text: string, hours: number): Rule {
  const show = (instant: bigint) => clock(instant, 0, hours);
  return rule({ text, zero: show(0n), least: 0n, most: 2n ** 32n - 1n, name: "DateTime", show });
}

export const DATES: readonly Rule[] = [
  rule({ text: "Date", zero: "1970-01-01", least: 0n, most: at("2149-06-06T23:59:59Z"), name: "Date", show: day }),
  rule({
    text: "Date32",
    zero: "1900-01-01",
    least: at("1900-01-01T00:00:00Z"),
    most: at("2299-12-31T23:59:59Z"),
    name: "Date32",
    show: day,
  }),
  dateTime("DateTime", 0),
  dateTime("DateTime('Asia/Tokyo')", 9),
  dateTime64(0, null),
  dateTime64(3, null),
  dateTime64(6, "UTC"),
  dateTime64(9, "UTC"),
  dateTime64(3, "Asia/Tokyo", 9),
];

const TIMES: Readonly<Record<string, readonly [seconds: number, nanos?: number]>> = {
  "00:00:00": [0],
  "10:20:30": [37_230],
  "10:20:30.987654321": [37_230, 987_654_321],
  "999:59:59": [3_599_999],
  "-999:59:59": [-3_599_999],
  "-00:00:01": [-1],
};

function time(text: string, digits: number): Rule {
  const show = (ticks: bigint): string => {
    const perSecond = 10n ** BigInt(digits);
    const size = ticks < 0n ? -ticks : ticks;
    const seconds = Number(size / perSecond);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const fraction = digits === 0 ? "" : `.${String(size % perSecond).padStart(digits, "0")}`;
    return (ticks < 0n ? "-" : "") + parts.map((part) => String(part).padStart(2, "0")).join(":") + fraction;
  };
  const inTicks = (seconds: number, nanos = 0) =>
    BigInt(seconds) * 10n ** BigInt(digits) + BigInt(nanos) / 10n ** BigInt(9 - digits);
  return {
    text,
    sources: new Set<Source>(["string", "key", "int", "uint", "float", "element"]),
    zero: show(0n),
    edges: [...Object.keys(TIMES), "", "10:20", "10:60:00", "1000:00:00", "10:20:30Z", "2025-03-01"],
    convert(_source, value): Expected {
      if (typeof value === "string") {
        const found = TIMES[value];
        return found ? { result: show(inTicks(...found)) } : { error: "unable to parse time from" };
      }
      if (!(value instanceof Digits)) return unfit(value, text);
      const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value.text)!;
      if (_source === "uint" && sign === "-") return { error: "64-bit uint" };
      if (BigInt(whole) >= 3_600_000n) return { error: `value out of range of ${text}` };
      const ticks = inTicks(Number(whole), Number(fraction.padEnd(9, "0")));
      return { result: show(sign === "-" ? -ticks : ticks) };
    },
  };
}

export const TIMES_OF_DAY: readonly Rule[] = [time("Time", 0), time("Time64(3)", 3), time("Time64(9)", 9)];
export const TIME_SECONDS = ["0", "1", "-1", "37230", "3599999", "-3599999", "3600000"];
