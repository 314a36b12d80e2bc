/** The table of docs/types.md: which source types go into which column types, asked of the compiler itself. */
import { fits, type ValueKind } from "../../pipeline/compile/conversions.ts";
import { parseType } from "../../pipeline/native/mod.ts";

const KINDS: readonly ValueKind[] = ["string", "bool", "int", "uint", "float", "array", "map", "instant"];

/** A row's title, and types that all have this row. */
const ROWS: readonly (readonly [title: string, types: string])[] = [
  ["`String`", "String"],
  ["`FixedString(N)`", "FixedString(8)"],
  ["`Bool`", "Bool"],
  ["`Int8`, `UInt8`", "Int8 UInt8"],
  ["`Int16`, `Int32`, `Int64`, `UInt16`, `UInt32`, `UInt64`", "Int16 Int32 Int64 UInt16 UInt32 UInt64"],
  ["`Int128`, `Int256`, `UInt128`, `UInt256`", "Int128 Int256 UInt128 UInt256"],
  [
    "`Decimal(P, S)`, `Decimal32(S)` to `Decimal256(S)`",
    "Decimal(9,2) Decimal32(2) Decimal64(2) Decimal128(2) Decimal256(2)",
  ],
  ["`Float32`, `Float64`, `BFloat16`", "Float32 Float64 BFloat16"],
  [
    "`Date`, `Date32`, `DateTime`, `DateTime64(S)`, with or without a zone",
    "Date Date32 DateTime DateTime64(3) DateTime('UTC')",
  ],
  ["`Time`, `Time64(S)`", "Time Time64(3)"],
  ["`UUID`, `IPv4`, `IPv6`, `Enum8(…)`, `Enum16(…)`", "UUID IPv4 IPv6 Enum8('a'=1) Enum16('a'=1)"],
  ["`Array(T)`, `Nested(…)`", "Array(String) Array(Decimal(9,2)) Nested(a\u00a0String)"],
  ["`Map(K, V)`", "Map(String,String) Map(Int64,Array(JSON))"],
  ["`Tuple(…)` with names", "Tuple(a\u00a0String)"],
  ["`Tuple(…)` without names, `Point`", "Tuple(String,Int8) Point"],
  [
    "`Ring`, `LineString`, `Polygon`, `MultiPolygon`, `MultiLineString`",
    "Ring LineString Polygon MultiPolygon MultiLineString",
  ],
  ["`JSON`", "JSON JSON(max_dynamic_paths=10)"],
];

export function typeMatrix(): string {
  const head = ["Column type", ...KINDS.map((kind) => kind === "instant" ? "OTLP timestamp" : `\`${kind}\``)];
  const rows = ROWS.map(([title, types]) => [title, ...KINDS.map((kind) => fitting(kind, types) ? "yes" : "")]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n") + "\n";
}

function fitting(kind: ValueKind, types: string): boolean {
  const answers = new Set(
    types.split(" ").flatMap((text) => {
      const plain = text.replaceAll("\u00a0", " ");
      const around = /^[A-Z]\w*(?:\(|$)/.test(plain) &&
        !/^(?:Array|Nested|Map|Ring|Line|Poly|Multi|Tuple|Point)/.test(plain);
      return around ? [plain, `Nullable(${plain})`] : [plain];
    }).map((text) => fits(kind, parseType(text))),
  );
  if (answers.size > 1) throw new RangeError(`${types}: not the same row for ${kind}`);
  return answers.has(true);
}
