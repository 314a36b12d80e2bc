/**
 * Durations as the configuration writes them: Go's syntax (`1h30m`, `500ms`) plus whole days (`7d`, `1d12h`).
 * Exact to the nanosecond. Negative values, fractional days and values over 2^63-1 ns are refused.
 */

const NANOSECOND = 1n;
const MICROSECOND = 1_000n;
const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const LARGEST = (1n << 63n) - 1n;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", NANOSECOND],
  ["us", MICROSECOND],
  ["\u00b5s", MICROSECOND],
  ["\u03bcs", MICROSECOND],
  ["ms", MILLISECOND],
  ["s", SECOND],
  ["m", MINUTE],
  ["h", HOUR],
  ["d", DAY],
]);

/** The syntax for JSON Schema; what is too long to count is left to {@link Duration.parse}. */
export const DURATION_PATTERN = "^\\+?(?:0|(?:\\d+d|(?:\\d+\\.?\\d*|\\.\\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$";

/** A text is not a duration. The message names the rule that was broken and never repeats the text. */
export class InvalidDuration extends Error {
  override readonly name = "InvalidDuration";
}

/** A length of time; immutable. `String(duration)` and `JSON.stringify` give the canonical Go form. */
export class Duration {
  /** Milliseconds, with a fraction where the duration is not a whole number of them. */
  readonly milliseconds: number;

  private constructor(readonly nanoseconds: bigint) {
    this.milliseconds = Number(nanoseconds) / 1e6;
  }

  static ofNanoseconds(nanoseconds: bigint): Duration {
    if (nanoseconds < 0n) throw new InvalidDuration("expected duration that is not negative");
    if (nanoseconds > LARGEST) throw new InvalidDuration("expected duration of at most 292 years");
    return new Duration(nanoseconds);
  }

  static ofSeconds(seconds: number): Duration {
    return Duration.ofNanoseconds(BigInt(Math.round(seconds * 1e9)));
  }

  /**
   * Reads `1h30m`, `2d6h30m`, `1.5s`, `0`.
   * @throws {InvalidDuration}
   */
  static parse(text: string): Duration {
    if (text.startsWith("-")) throw new InvalidDuration("expected duration that is not negative");
    const body = text.startsWith("+") ? text.slice(1) : text;
    if (body === "0") return new Duration(0n);
    if (body === "" || body.length > 100) throw new InvalidDuration(EXPECTED);
    const part = /(\d*)(?:\.(\d*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d)/y;
    let total = 0n;
    while (part.lastIndex < body.length) {
      const match = part.exec(body);
      if (match === null) throw new InvalidDuration(EXPECTED);
      const [, whole, fraction, unit] = match;
      if (whole === "" && (fraction ?? "") === "") throw new InvalidDuration(EXPECTED);
      if (unit === "d" && fraction !== undefined) throw new InvalidDuration("expected duration with whole days");
      const size = UNITS.get(unit) as bigint;
      total += BigInt(whole === "" ? "0" : whole) * size;
      if (fraction) total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
    }
    return Duration.ofNanoseconds(total);
  }

  isZero(): boolean {
    return this.nanoseconds === 0n;
  }

  /** Canonical Go form: `24h0m0s`, `1m30s`, `1.5s`, `500ms`, `0s`. */
  toString(): string {
    const ns = this.nanoseconds;
    if (ns === 0n) return "0s";
    if (ns < MICROSECOND) return `${ns}ns`;
    if (ns < MILLISECOND) return `${decimal(ns, MICROSECOND)}\u00b5s`;
    if (ns < SECOND) return `${decimal(ns, MILLISECOND)}ms`;
    const hours = ns / HOUR;
    const minutes = (ns % HOUR) / MINUTE;
    const seconds = decimal(ns % MINUTE, SECOND);
    if (hours > 0n) return `${hours}h${minutes}m${seconds}s`;
    return minutes > 0n ? `${minutes}m${seconds}s` : `${seconds}s`;
  }

  toJSON(): string {
    return this.toString();
  }
}

const EXPECTED = "expected duration such as 30s, 1h30m or 7d";

function decimal(value: bigint, unit: bigint): string {
  const digits = unit.toString().length - 1;
  const fraction = (value % unit).toString().padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? `${value / unit}` : `${value / unit}.${fraction}`;
}
