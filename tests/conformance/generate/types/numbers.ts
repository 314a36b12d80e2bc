/**
 * Rules of the numeric types, said by whole numbers alone: a number's text is a bigint and a power of ten, and a column
 * holds a whole number of units between two bounds.
 */
import { Digits } from "../../json_digits.ts";
import { type Expected, type Rule, type Source, unfit } from "./rule.ts";

/** Bounds of values, and what a number's text looks like in messages about them. */
interface Units {
  readonly text: string;
  /** The name that messages use. */
  readonly name: string;
  readonly scale: number;
  readonly least: bigint;
  readonly most: bigint;
  /** Part of the message for values outside. */
  readonly outside: string;
  /** JSON integers beyond 64 bits are welcome. */
  readonly wide: boolean;
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The number times 10^scale, cut toward zero; null if the text is none. */
export function units(text: string, scale: number): bigint | null {
  const match = NUMBER.exec(text);
  if (match === null || (match[2] + (match[3] ?? "")) === "") return null;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const power = Number(exponent) - fraction.length + scale;
  const digits = BigInt(whole + fraction);
  // Beyond any column's digits the exact size does not matter.
  if (digits !== 0n && power > 200) return sign === "-" ? -(10n ** 300n) : 10n ** 300n;
  const size = power >= 0 ? digits * 10n ** BigInt(power) : power < -2000 ? 0n : digits / 10n ** BigInt(-power);
  return sign === "-" ? -size : size;
}

export function isWhole(text: string): boolean {
  const [, , whole, fraction = "", exponent = "0"] = NUMBER.exec(text)!;
  const digits = whole + fraction;
  return digits.length - digits.replace(/0+$/, "").length >= fraction.length - Number(exponent) || /^0*$/.test(digits);
}

/** Units as decimal text. */
export function scaled(value: bigint, scale: number): string {
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const INT64: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];
const UINT64: readonly [bigint, bigint] = [0n, 2n ** 64n - 1n];

function convert(type: Units, source: Source, value: unknown): Expected {
  const text = value instanceof Digits
    ? value.text
    : typeof value === "boolean"
    ? String(Number(value))
    : String(value);
  if (source === "int" || source === "uint") {
    const whole = units(text, 0)!;
    if (!isWhole(text)) return { error: `expected ${source}, got a number with a fraction` };
    const [least, most] = source === "int" ? INT64 : UINT64;
    const tooLarge = type.wide ? source === "uint" && whole < 0n : whole < least || whole > most;
    if (tooLarge) return { error: `does not fit into a 64-bit ${source}` };
  }
  const plain = value instanceof Digits || typeof value === "boolean" || (typeof value === "string" && type.wide);
  if (source === "element" && !plain) return unfit(value, type.name);
  const found = units(text, type.scale);
  if (found === null) return { error: "unable to parse number from" };
  if (found < type.least || found > type.most) return { error: type.outside };
  return { result: new Digits(scaled(found, type.scale)) };
}

function rule(type: Units, sources: readonly Source[]): Rule {
  return {
    text: type.text,
    sources: new Set<Source>([...sources, "element"]),
    zero: new Digits("0"),
    edges: edges(type),
    convert: (source, value) => convert(type, source, value),
  };
}

/** Values around zero and the bounds, as texts. */
function edges({ least, most, scale }: Units): string[] {
  const around = [least - 1n, least, least + 1n, -1n, 0n, 1n, most - 1n, most, most + 1n];
  return [...new Set(around)].map((value) => scaled(value, scale));
}

export const INTEGERS: readonly Rule[] = (["Int", "UInt"] as const).flatMap((kind) =>
  [8, 16, 32, 64, 128, 256].map((bits) => {
    const n = BigInt(bits);
    const [least, most] = kind === "Int" ? [-(2n ** (n - 1n)), 2n ** (n - 1n) - 1n] : [0n, 2n ** n - 1n];
    const text = `${kind}${bits}`;
    const outside = `value out of range of ${text.toLowerCase()}`;
    const wide = bits > 64;
    const sources: Source[] = ["int", "uint", "float"];
    if (bits === 8) sources.push("bool");
    if (wide) sources.push("string", "key");
    return rule({ text, name: text, scale: 0, least, most, outside, wide }, sources);
  })
);

function decimal(text: string, precision: number, scale: number): Rule {
  const end = 10n ** BigInt(precision);
  const name = `Decimal(${precision}, ${scale})`;
  const outside = `value out of range of ${name}`;
  return rule({ text, name, scale, least: 1n - end, most: end - 1n, outside, wide: true }, [
    ...["int", "uint", "float", "string", "key"] as const,
  ]);
}

export const DECIMALS: readonly Rule[] = [
  ...[[1, 0], [5, 2], [9, 0], [9, 9], [10, 3], [18, 4], [18, 18], [19, 1], [38, 0], [38, 10], [39, 20], [76, 0], [
    76,
    76,
  ]]
    .map(([precision, scale]) => decimal(`Decimal(${precision}, ${scale})`, precision, scale)),
  decimal("Decimal", 10, 0),
  decimal("Decimal(7)", 7, 0),
  decimal("Decimal32(3)", 9, 3),
  decimal("Decimal64(5)", 18, 5),
  decimal("Decimal128(7)", 38, 7),
  decimal("Decimal256(9)", 76, 9),
];

/** The largest double that is no infinity as Float32. */
const FLOAT32_END = 2 ** 128 - 2 ** 103;

function float(text: string, single: boolean, round: (value: number) => number): Rule {
  return {
    text,
    sources: new Set<Source>(["int", "uint", "float", "element"]),
    zero: new Digits("0"),
    edges: [
      "0",
      "1",
      "-1",
      "1.5",
      "0.1",
      "255",
      "16777217",
      "9007199254740993",
      "-1e30",
      "3.4028234663852886e38",
      "1e39",
      "1.7976931348623157e308",
      "1e400",
    ],
    convert(source, value) {
      if (!(value instanceof Digits) && typeof value !== "boolean") return unfit(value, text);
      const digits = value instanceof Digits ? value.text : String(Number(value));
      if ((source === "int" || source === "uint") && !isWhole(digits)) {
        return { error: `expected ${source}, got a number with a fraction` };
      }
      const [least, most] = source === "int" ? INT64 : UINT64;
      const whole = units(digits, 0)!;
      if ((source === "int" || source === "uint") && (whole < least || whole > most)) {
        return { error: `does not fit into a 64-bit ${source}` };
      }
      const double = Number(digits);
      if (!Number.isFinite(double)) {
        return { error: source === "float" ? "does not fit into a 64-bit float" : "unsupported value" };
      }
      if (single && Math.abs(double) >= FLOAT32_END) return { error: `value out of range of ${text.toLowerCase()}` };
      return { result: new Digits(String(round(double))) };
    },
  };
}

const bits = new DataView(new ArrayBuffer(4));

/** The upper half of a Float32, the lower one cut. */
function upperHalf(value: number): number {
  bits.setFloat32(0, value);
  bits.setUint16(2, 0);
  return bits.getFloat32(0);
}

export const FLOATS: readonly Rule[] = [
  float("Float32", true, Math.fround),
  float("Float64", false, (value) => value),
  float("BFloat16", true, upperHalf),
];
