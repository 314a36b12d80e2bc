/** JSON with every digit of its numbers: read, written, and compared as values rather than as spellings. */

/** A number as it was written. */
export class Digits {
  constructor(readonly text: string) {}
}

export function parseDigits(text: string): unknown {
  return JSON.parse(
    text,
    (_key, value, context?: { source?: string }) =>
      typeof value === "number" ? new Digits(context?.source ?? String(value)) : value,
  );
}

/** JSON text; also of bigints. */
export function writeDigits(value: unknown): string {
  if (value instanceof Digits) return value.text;
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(writeDigits).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${writeDigits(each)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Whether two values are the same; `single`: numbers need only be equal as Float32, `double`: as Float64. */
export function sameValue(a: unknown, b: unknown, precision: "exact" | "single" | "double"): boolean {
  if (a instanceof Digits && b instanceof Digits) {
    if (precision === "exact") return plain(a.text) === plain(b.text);
    const [x, y] = [Number(a.text), Number(b.text)];
    return precision === "single" ? Math.fround(x) === Math.fround(y) : x === y;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, i) => sameValue(each, b[i], precision));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key], precision));
  }
  return a === b;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}

/** Decimal text without exponent, leading zeros, and zeros at the end of the fraction. */
function plain(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const left = point <= 0 ? "" : digits.slice(0, point).padEnd(point, "0");
  const right = point <= 0 ? "0".repeat(-point) + digits : digits.slice(point);
  const value = `${left.replace(/^0+/, "") || "0"}.${right.replace(/0+$/, "")}`;
  return value === "0." ? value : sign + value;
}
