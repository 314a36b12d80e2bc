// Lengths of time: 64-bit counts of nanoseconds, written like `1h30m`.
import { EvaluationError } from "../errors.ts";
import { Special } from "../values.ts";

export class Duration extends Special {
  override readonly typeName = "time.Duration";

  constructor(readonly nanoseconds: bigint) {
    super();
  }

  override toText(): string {
    return formatDuration(this.nanoseconds);
  }

  override toJson(): unknown {
    return this.nanoseconds;
  }

  override equals(other: unknown): boolean {
    return other instanceof Duration && other.nanoseconds === this.nanoseconds;
  }

  /** As a multiple of a unit, for units of an hour and less. */
  in(unit: bigint): number {
    return Number(this.nanoseconds / unit) + Number(this.nanoseconds % unit) / Number(unit);
  }
}

export const MICROSECOND = 1_000n;
export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Wraps around, as 64-bit arithmetic does. */
export function wrapping(nanoseconds: bigint): Duration {
  return new Duration(BigInt.asIntN(64, nanoseconds));
}

/** The nearest length there is. */
export function saturating(nanoseconds: bigint): Duration {
  return new Duration(nanoseconds > MAX ? MAX : nanoseconds < MIN ? MIN : nanoseconds);
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: MICROSECOND,
  "µs": MICROSECOND,
  "μs": MICROSECOND,
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
};

const PART = /(\d*)(?:(\.)(\d*))?([^\d.]+)/y;
/** Further digits are below a nanosecond in any unit, and longer ones would cost quadratic time. */
const MAX_DIGITS = 30;

/** `300ms`, `-1.5h`, `2h45m`; a bare `0`. */
export function parseDuration(text: string): Duration {
  const invalid = () => new EvaluationError(`invalid duration ${JSON.stringify(text)}: write it like 1h30m or 250ms`);
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  if (text.slice(sign.length) === "0") return new Duration(0n);
  let total = 0n;
  PART.lastIndex = sign.length;
  do {
    const match = PART.exec(text);
    if (match === null) throw invalid();
    const [, whole, , fraction = "", unitName] = match;
    const unit = Object.hasOwn(UNITS, unitName) ? UNITS[unitName] : undefined;
    if (unit === undefined || whole + fraction === "") throw invalid();
    if (whole.replace(/^0+/, "").length > MAX_DIGITS) throw invalid();
    const digits = fraction.slice(0, MAX_DIGITS);
    total += BigInt(whole || 0) * unit + BigInt(digits || 0) * unit / 10n ** BigInt(digits.length);
    if (total > MAX + 1n) throw invalid();
  } while (PART.lastIndex < text.length);
  const signed = sign === "-" ? -total : total;
  if (signed > MAX) throw invalid();
  return new Duration(signed);
}

/** The largest unit that leaves a whole part, with what remains behind the decimal point; from a second on `1h2m3.5s`. */
function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < SECOND) {
    if (size < MICROSECOND) return `${sign}${size}ns`;
    return size < MILLISECOND ? `${sign}${decimal(size, MICROSECOND)}µs` : `${sign}${decimal(size, MILLISECOND)}ms`;
  }
  const seconds = `${decimal(size % MINUTE, SECOND)}s`;
  if (size < MINUTE) return sign + seconds;
  const minutes = `${(size % HOUR) / MINUTE}m${seconds}`;
  return size < HOUR ? sign + minutes : `${sign}${size / HOUR}h${minutes}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = String(value % unit).padStart(String(unit).length - 1, "0").replace(/0+$/, "");
  return fraction === "" ? String(value / unit) : `${value / unit}.${fraction}`;
}

/** Toward zero to a multiple of `unit`; unchanged for a unit of 0 or less. */
export function truncateDuration(value: bigint, unit: bigint): Duration {
  return new Duration(unit <= 0n ? value : value - value % unit);
}

/** To the nearest multiple of `unit`, half away from zero; unchanged for a unit of 0 or less. */
export function roundDuration(value: bigint, unit: bigint): Duration {
  if (unit <= 0n) return new Duration(value);
  const size = value < 0n ? -value : value;
  const rest = size % unit;
  const rounded = rest + rest < unit ? size - rest : size - rest + unit;
  return saturating(value < 0n ? -rounded : rounded);
}
