/** Numbers as digits: into integer, decimal and float columns of any width without a double on the way. */
import {
  type ChType,
  type ColumnWriter,
  type DecimalType,
  decodeText,
  FixedWriter,
  formatType,
  LowCardinalityWriter,
  parseScaled,
  parseScaledText,
} from "../../native/mod.ts";
import { outOfRange, RowError } from "./errors.ts";

/** A number of a JSON text that no double holds: its digits as written. */
export class ExactNumber {
  constructor(readonly text: string) {}
  valueOf(): number {
    return Number(this.text);
  }
  toString(): string {
    return this.text;
  }
}

export type IntegerType = ChType & { readonly kind: "Int" | "UInt" };
export type NumberType = IntegerType | DecimalType | (ChType & { readonly kind: "Float" });

/** Appends a number given as text, `bytes[start, end)`. */
export type PutNumberText = (bytes: Uint8Array, start: number, end: number) => void;

/** The largest double that rounds to a finite Float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

/** Texts into a numeric column: what is finer than the column is cut, what is larger or no number throws. */
export function numberTextWriter(writer: ColumnWriter, type: NumberType): PutNumberText {
  if (type.kind === "Float") return floatTextWriter(writer, type.bits, formatType(type).toLowerCase());
  const put = unitsWriter(writer, type);
  const scale = type.kind === "Decimal" ? type.scale : 0;
  return (bytes, start, end) => {
    const units = parseScaled(bytes, start, end, scale);
    if (units === null) throw noNumber(decodeText(bytes, start, end));
    if (!put(units)) throw unfit(type, units, decodeText(bytes, start, end));
  };
}

/** As {@link numberTextWriter}, of a text. */
export function exactTextWriter(writer: ColumnWriter, type: IntegerType | DecimalType): (text: string) => void {
  const put = unitsWriter(writer, type);
  const scale = type.kind === "Decimal" ? type.scale : 0;
  return (text) => {
    const units = parseScaledText(text, scale);
    if (units === null) throw noNumber(text);
    if (!put(units)) throw unfit(type, units, text);
  };
}

/** Appends whole units (of 10^-scale for decimals); false, with nothing appended, if they do not fit. */
function unitsWriter(writer: ColumnWriter, type: IntegerType | DecimalType): (units: number | bigint) => boolean {
  const numbers = numeric(writer);
  const [least, most] = limits(type);
  // Most numbers are small: those need no bigint to be compared.
  const from = Number(least) > -(2 ** 53) ? Number(least) : -(2 ** 53);
  const to = Number(most) < 2 ** 53 ? Number(most) : 2 ** 53;
  return (units) => {
    if (typeof units === "number" && units >= from && units <= to) {
      numbers.putNumber(units);
      return true;
    }
    const exact = BigInt(units);
    if (exact < least || exact > most) return false;
    numbers.putBigInt(exact);
    return true;
  };
}

function limits(type: IntegerType | DecimalType): [bigint, bigint] {
  if (type.kind === "Decimal") {
    const end = 10n ** BigInt(type.precision);
    return [1n - end, end - 1n];
  }
  const bits = BigInt(type.bits);
  return type.kind === "Int" ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
}

function floatTextWriter(writer: ColumnWriter, bits: 16 | 32 | 64, name: string): PutNumberText {
  const numbers = numeric(writer);
  const max = bits === 64 ? Number.MAX_VALUE : FLOAT32_MAX;
  return (bytes, start, end) => {
    const text = decodeText(bytes, start, end);
    const value = Number(text);
    if (!(Math.abs(value) <= max)) throw outOfRange(name, clip(text));
    numbers.putNumber(value);
  };
}

/** Integers in the original's spelling and without the fraction that they would lose, decimals as their type. */
function unfit(type: IntegerType | DecimalType, units: number | bigint, text: string): RowError {
  if (type.kind === "Decimal") return outOfRange(formatType(type), clip(text));
  return outOfRange(formatType(type).toLowerCase(), Math.abs(Number(units)) < 2 ** 53 ? units : clip(text));
}

export function numeric(writer: ColumnWriter): FixedWriter | LowCardinalityWriter {
  if (writer instanceof FixedWriter || writer instanceof LowCardinalityWriter) return writer;
  throw new TypeError(`${formatType(writer.type)} takes no numbers`);
}

function noNumber(text: string): RowError {
  return new RowError(`unable to parse number from '${clip(text)}'`);
}

function clip(text: string): string {
  return text.slice(0, 200);
}
