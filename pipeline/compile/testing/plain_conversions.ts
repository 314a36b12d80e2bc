/**
 * For tests: a value into a column type, as the value that `jsonValue` would print for it. The second statement of the
 * conversion rules, by plain strings, numbers and bigints.
 */
import { convertOutput } from "../../expr/mod.ts";
import { type ChType, formatType } from "../../native/mod.ts";
import { formatTicks, readTicks } from "./instants.ts";
import { IPV6 } from "./texts.ts";

type Kind = "string" | "bool" | "int" | "uint" | "float" | "array" | "map" | "element";

export function convert(value: unknown, kind: Kind, type: ChType, carried = false): unknown {
  const isNull = value === null || value === undefined;
  if (type.kind === "Nullable") return isNull ? null : convert(value, kind, type.inner, carried);
  if (type.kind === "LowCardinality") {
    return isNull && type.inner.kind === "Nullable" ? null : convert(value, kind, type.inner, carried);
  }
  if (type.kind === "Array") {
    if (isNull && kind === "element") return [];
    if (!Array.isArray(value)) throw new Error(`expected an array, got ${nameOf(value)}`);
    const { inner } = type;
    return value.map((element, i) => {
      if (inner.kind === "Map" && element !== null && (typeof element !== "object" || Array.isArray(element))) {
        throw new Error(`array element at index ${i} is not a map, got ${nameOf(element)}`);
      }
      return convert(element, "element", inner);
    });
  }
  if (type.kind === "Map") {
    if (isNull) return {};
    if (typeof value !== "object" || Array.isArray(value)) throw new Error(`expected a map, got ${nameOf(value)}`);
    const inside = /String/.test(formatType(type.value)) && !/^(Array|Map)/.test(formatType(type.value));
    return Object.fromEntries(
      Object.entries(value!).map(([k, v]) => [k, convert(v, inside ? "string" : "element", type.value)]),
    );
  }
  if (isNull) return zero(type);
  if (kind === "element") return elementValue(value, type);
  switch (kind) {
    case "string":
      return fromText(text(value), type, carried);
    case "int":
    case "uint":
      return fromNumber(whole(value), type);
    case "float":
      return fromNumber(typeof value === "bigint" && /Int$/.test(type.kind) ? value : real(value), type);
    case "bool":
      return fromBool(value, type);
    default:
      return text(value); // arrays and maps into String
  }
}

function elementValue(value: unknown, type: ChType): unknown {
  if (type.kind === "Bool" && typeof value !== "object") return fromBool(value, type);
  const textual = ["String", "FixedString", "UUID", "Enum", "IPv4", "IPv6"].includes(type.kind);
  if (typeof value === "string" && (textual || type.kind.startsWith("Date"))) return fromText(value, type);
  const digits = type.kind === "Decimal" || ((type.kind === "Int" || type.kind === "UInt") && type.bits > 64);
  if (typeof value === "string" && digits) return fromDigits(value, type);
  const numeric = typeof value === "number" || (typeof value === "boolean" && !type.kind.startsWith("Date"));
  if (!numeric || textual) {
    throw new Error(`${/^a/.test(nameOf(value)) ? "an" : "a"} ${nameOf(value)} does not fit ${formatType(type)}`);
  }
  return fromNumber(type.kind === "Int" || type.kind === "UInt" ? whole(value) : Number(value), type);
}

function zero(type: ChType): unknown {
  switch (type.kind) {
    case "String":
      return "";
    case "FixedString":
      return "\0".repeat(type.length);
    case "UUID":
      return "00000000-0000-0000-0000-000000000000";
    case "IPv4":
      return "0.0.0.0";
    case "IPv6":
      return "::";
    case "Enum":
      return [...type.values].sort((a, b) => a[1] - b[1])[0][0];
    case "Date":
      return "1970-01-01";
    case "Date32":
      return "1900-01-01";
    case "DateTime":
    case "DateTime64":
      return "1970-01-01T00:00:00Z";
    case "Bool":
      return false;
    default:
      return 0;
  }
}

function fromText(value: string, type: ChType, carried = false): unknown {
  const unfit = (reason: string) => new Error(`cannot convert to ${formatType(type)}: ${reason}`);
  switch (type.kind) {
    case "String":
      return value;
    case "FixedString": {
      const n = new TextEncoder().encode(value).length;
      if (n > type.length) throw unfit(`the value has ${n} bytes, the column holds ${type.length}`);
      return value + "\0".repeat(type.length - n);
    }
    case "UUID": {
      if (!/^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i.test(value)) {
        throw unfit("the text is not 32 hex digits, plain or grouped 8-4-4-4-12");
      }
      const hex = value.replaceAll("-", "").toLowerCase();
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    }
    case "Enum":
      if (!type.values.has(value)) throw unfit("the text is none of its labels");
      return value;
    case "IPv4":
      if (!/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/.test(value)) {
        throw unfit("the text is not four decimal octets");
      }
      return value;
    case "IPv6":
      if (!IPV6.has(value)) throw unfit("the text is not an IP address");
      return IPV6.get(value);
    case "Int":
    case "UInt":
    case "Decimal":
      return fromDigits(value, type);
    default: {
      const ticks = readTicks(value);
      if (ticks === null) throw new Error(`unable to parse datetime from '${value.slice(0, 200)}'`);
      return fromTicks(ticks, type, carried);
    }
  }
}

function fromTicks(ticks: bigint, type: ChType, carried = false): unknown {
  const seconds = floorDivide(ticks, 1_000_000_000n);
  const days = floorDivide(seconds, 86400n);
  switch (type.kind) {
    case "DateTime64": {
      const scaled = floorDivide(ticks * 10n ** BigInt(type.scale), 1_000_000_000n);
      const shown = carried || (seconds >= -2208988800n && seconds <= 10413791999n);
      if (!shown || BigInt.asIntN(64, scaled) !== scaled) {
        throw new Error(`value out of range of DateTime64: ${formatTicks(ticks)}`);
      }
      return formatTicks(ticks, type.scale);
    }
    case "DateTime":
      if (seconds < 0n || seconds >= 2n ** 32n) {
        throw new Error(`value out of range of DateTime: ${formatTicks(ticks)}`);
      }
      return formatTicks(seconds * 1_000_000_000n);
    default:
      if (type.kind === "Date" ? days < 0n || days > 65535n : days < -25567n || days > 120529n) {
        throw new Error(`value out of range of ${type.kind}: ${formatTicks(ticks)}`);
      }
      return formatTicks(ticks).slice(0, 10);
  }
}

function fromNumber(value: number | bigint, type: ChType): unknown {
  if (type.kind === "Decimal" || ((type.kind === "Int" || type.kind === "UInt") && type.bits > 64)) {
    return fromDigits(String(value), type);
  }
  switch (type.kind) {
    case "Int":
    case "UInt": {
      const exact = typeof value === "bigint" ? value : BigInt(Math.trunc(value));
      const fits = (type.kind === "Int" ? BigInt.asIntN : BigInt.asUintN)(type.bits, exact) === exact;
      if (!fits) {
        throw new Error(
          `value out of range of ${formatType(type).toLowerCase()}: ${
            typeof value === "bigint" ? value : Math.trunc(value)
          }`,
        );
      }
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    case "Float":
      if (type.bits < 64 && !Number.isFinite(Math.fround(Number(value)))) {
        throw new Error(`value out of range of ${formatType(type).toLowerCase()}: ${Number(value)}`);
      }
      if (type.bits === 16) return upperHalf(Number(value));
      return type.bits === 32 ? Math.fround(Number(value)) : Number(value);
    case "Bool":
      return Number(value) !== 0;
    default: {
      const seconds = Number(value);
      if (Math.abs(seconds) >= 2 ** 53) throw new Error(`value out of range of DateTime: ${seconds}`);
      if (seconds < 0) throw new Error(`negative timestamp: ${seconds}`);
      const fraction = Math.floor((seconds - Math.floor(seconds)) * 1e9);
      return fromTicks(BigInt(Math.floor(seconds)) * 1_000_000_000n + BigInt(fraction), type);
    }
  }
}

/** Digits up to the column's last one, as a number: the tests compare doubles. */
function fromDigits(text: string, type: ChType): unknown {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) throw new Error(`unable to parse number from '${text.slice(0, 200)}'`);
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const scale = type.kind === "Decimal" ? type.scale : 0;
  const shift = Number(exponent) - fraction.length + scale;
  const digits = BigInt(whole + fraction);
  const size = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  const units = sign === "-" ? -size : size;
  if (type.kind === "Decimal") {
    if (size >= 10n ** BigInt(type.precision)) {
      throw new Error(`value out of range of ${formatType(type)}: ${text.slice(0, 200)}`);
    }
    return Number(`${units}e-${scale}`);
  }
  if (type.kind !== "Int" && type.kind !== "UInt") throw new TypeError(type.kind);
  if ((type.kind === "Int" ? BigInt.asIntN : BigInt.asUintN)(type.bits, units) !== units) {
    const shown = size < 2n ** 53n ? units : text.slice(0, 200);
    throw new Error(`value out of range of ${formatType(type).toLowerCase()}: ${shown}`);
  }
  return Number.isSafeInteger(Number(units)) ? Number(units) : units;
}

const half = new DataView(new ArrayBuffer(4));

function upperHalf(value: number): number {
  half.setFloat32(0, value);
  half.setUint16(2, 0);
  return half.getFloat32(0);
}

function fromBool(value: unknown, type: ChType): unknown {
  if (typeof value === "string" && !/^(1|t|true|0|f|false)$/i.test(value)) {
    throw new Error(`unable to parse bool from '${value}'`);
  }
  if (typeof value === "object") throw new Error(`expected a bool, got ${nameOf(value)}`);
  const bool = typeof value === "string" ? /^(1|t|true)$/i.test(value) : Boolean(value);
  return type.kind === "Bool" ? bool : Number(bool);
}

function text(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(convertOutput(value, "string"));
}

function whole(value: unknown): number | bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "string") {
    if (!/^[+-]?\d+$/.test(value)) throw new Error(`unable to parse integer from '${value}'`);
    return BigInt(value);
  }
  if (typeof value === "object") throw new Error(`expected a number, got ${nameOf(value)}`);
  return Math.trunc(finite(Number(value)));
}

function real(value: unknown): number {
  if (typeof value === "string") {
    if (Number.isNaN(Number(value)) || value.trim() === "") throw new Error(`unable to parse number from '${value}'`);
    return finite(Number(value));
  }
  if (typeof value === "object") throw new Error(`expected a number, got ${nameOf(value)}`);
  return finite(Number(value));
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`unsupported value: ${value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN"}`);
  return value;
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n || a % b === 0n ? a / b : a / b - 1n;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  return ({ boolean: "bool", object: "map", bigint: "number" } as Record<string, string>)[typeof value] ?? typeof value;
}
