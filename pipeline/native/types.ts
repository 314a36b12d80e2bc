/**
 * ClickHouse column types as data, and their canonical text.
 *
 * `formatType(parseType(text))` is the spelling the engine itself prints for that type.
 * Source: ClickHouse documentation, "Data types".
 */

export type IntegerBits = 8 | 16 | 32 | 64 | 128 | 256;

export interface TupleElement {
  /** Absent in unnamed tuples. */
  readonly name?: string;
  readonly type: ChType;
}

export type ChType =
  | { readonly kind: "Int" | "UInt"; readonly bits: IntegerBits }
  /** 16 bits: BFloat16, the upper half of a Float32. */
  | { readonly kind: "Float"; readonly bits: 16 | 32 | 64 }
  | DecimalType
  | { readonly kind: "Bool" | "String" | "UUID" | "Date" | "Date32" | "IPv4" | "IPv6" }
  | { readonly kind: "FixedString"; readonly length: number }
  | { readonly kind: "DateTime"; readonly zone?: string }
  | { readonly kind: "DateTime64"; readonly scale: number; readonly zone?: string }
  | { readonly kind: "Time" }
  | { readonly kind: "Time64"; readonly scale: number }
  /** Objects. `parameters`: what stands in the parentheses, as written; empty without them. */
  | { readonly kind: "JSON"; readonly parameters: string }
  /** `values` is ordered by number, as the engine orders it. */
  | { readonly kind: "Enum"; readonly bits: 8 | 16; readonly values: ReadonlyMap<string, number> }
  | NullableType
  | LowCardinalityType
  | ArrayType
  | { readonly kind: "Map"; readonly key: ChType; readonly value: ChType }
  | { readonly kind: "Tuple"; readonly elements: readonly TupleElement[] };

export type ChKind = ChType["kind"];

/** `precision` decimal digits, `scale` of them behind the point; the value is an integer of 10^-scale. */
export type DecimalType = { readonly kind: "Decimal"; readonly precision: number; readonly scale: number };
export type ArrayType = { readonly kind: "Array"; readonly inner: ChType };
export type NullableType = { readonly kind: "Nullable"; readonly inner: ChType };
export type LowCardinalityType = { readonly kind: "LowCardinality"; readonly inner: ChType };
export type MapType = Extract<ChType, { kind: "Map" }>;
export type TupleType = Extract<ChType, { kind: "Tuple" }>;
export type EnumType = Extract<ChType, { kind: "Enum" }>;

export interface LayoutColumn {
  readonly name: string;
  readonly type: string;
}
export type Layout = readonly LayoutColumn[];

export function formatType(t: ChType): string {
  switch (t.kind) {
    case "Int":
    case "UInt":
      return `${t.kind}${t.bits}`;
    case "Float":
      return t.bits === 16 ? "BFloat16" : `Float${t.bits}`;
    case "Decimal":
      return `Decimal(${t.precision}, ${t.scale})`;
    case "Time64":
      return `Time64(${t.scale})`;
    case "JSON":
      return t.parameters === "" ? "JSON" : `JSON(${t.parameters})`;
    case "FixedString":
      return `FixedString(${t.length})`;
    case "DateTime":
      return t.zone === undefined ? "DateTime" : `DateTime(${quote(t.zone)})`;
    case "DateTime64":
      return t.zone === undefined ? `DateTime64(${t.scale})` : `DateTime64(${t.scale}, ${quote(t.zone)})`;
    case "Enum":
      return `Enum${t.bits}(${[...t.values].map(([label, value]) => `${quote(label)} = ${value}`).join(", ")})`;
    case "Nullable":
    case "LowCardinality":
    case "Array":
      return `${t.kind}(${formatType(t.inner)})`;
    case "Map":
      return `Map(${formatType(t.key)}, ${formatType(t.value)})`;
    case "Tuple":
      return `Tuple(${t.elements.map(formatElement).join(", ")})`;
    default:
      return t.kind;
  }
}

/**
 * Bytes of one value where every value has the same width and the wire form is just those bytes, else 0.
 */
export function fixedWidth(t: ChType): number {
  switch (t.kind) {
    case "Int":
    case "UInt":
    case "Float":
    case "Enum":
      return t.bits / 8;
    case "Decimal":
      return decimalWidth(t);
    case "Bool":
      return 1;
    case "Date":
      return 2;
    case "Date32":
    case "DateTime":
    case "Time":
    case "IPv4":
      return 4;
    case "DateTime64":
    case "Time64":
      return 8;
    case "UUID":
    case "IPv6":
      return 16;
    case "FixedString":
      return t.length;
    default:
      return 0;
  }
}

/** Bytes of the integer that holds a decimal. */
export function decimalWidth({ precision }: DecimalType): 4 | 8 | 16 | 32 {
  return precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
}

function formatElement(element: TupleElement): string {
  const type = formatType(element.type);
  if (element.name === undefined) return type;
  return `${/^[A-Za-z_][A-Za-z0-9_]*$/.test(element.name) ? element.name : quote(element.name, "`")} ${type}`;
}

const ESCAPES: Record<string, string> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\0": "\\0",
  "\b": "\\b",
  "\f": "\\f",
};

function quote(text: string, mark = "'"): string {
  let out = mark;
  for (const ch of text) out += ch === mark ? `\\${mark}` : ESCAPES[ch] ?? ch;
  return out + mark;
}
