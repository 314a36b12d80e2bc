/**
 * Which ClickHouse column types a mapping may name: exactly those the product can write. The check reads the type's
 * text and its nesting; the writers themselves live with the Native codec.
 */

const PLAIN: ReadonlySet<string> = new Set([
  ...["String", "Bool", "UUID", "Date", "Date32", "DateTime", "DateTime64", "IPv4", "IPv6"],
  ...["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64"],
  ...["FixedString", "Enum8", "Enum16"],
]);

const QUOTED = String.raw`\s*'(?:[^'\\]|\\.|'')*'\s*`;
const LABEL = String.raw`${QUOTED}(?:=\s*-?\d+\s*)?`;
const WITH_ARGUMENTS: readonly RegExp[] = [
  /^FixedString\(\s*[1-9]\d{0,5}\s*\)$/,
  new RegExp(`^DateTime\\(${QUOTED}\\)$`),
  new RegExp(`^DateTime64\\(\\s*\\d\\s*(?:,${QUOTED})?\\)$`),
  new RegExp(`^Enum(?:8|16)\\(${LABEL}(?:,${LABEL})*\\)$`),
];

/** ClickHouse does not allow these inside Nullable. */
const NEVER_NULLABLE = /^(?:Array|Map|Nullable|LowCardinality)\(/;
const LOW_CARDINALITY = /^(?:String|FixedString|Date|Date32|DateTime|U?Int(?:8|16|32|64)|Float(?:32|64))(?:\(|$)/;

/** Whether the product can write columns of this type. */
export function isKnownColumnType(text: string): boolean {
  return known(text.trim(), 0);
}

function known(type: string, depth: number): boolean {
  if (PLAIN.has(type)) return true;
  if (depth > 16 || type.length > 10_000) return false;
  const open = type.indexOf("(");
  if (open < 0 || !type.endsWith(")")) return false;
  const inner = type.slice(open + 1, -1).trim();
  switch (type.slice(0, open)) {
    case "Nullable":
      return !NEVER_NULLABLE.test(inner) && known(inner, depth + 1);
    case "LowCardinality": {
      const value = inner.startsWith("Nullable(") && inner.endsWith(")") ? inner.slice(9, -1).trim() : inner;
      return LOW_CARDINALITY.test(value) && known(value, depth + 1);
    }
    case "Array":
      return known(inner, depth + 1);
    case "Map": {
      const comma = topLevelComma(inner);
      return comma > 0 && !inner.startsWith("Nullable(") && known(inner.slice(0, comma).trim(), depth + 1) &&
        known(inner.slice(comma + 1).trim(), depth + 1);
    }
    default:
      return WITH_ARGUMENTS.some((pattern) => pattern.test(type));
  }
}

/** Position of the first comma outside parentheses and quotes, -1 if there is none. */
function topLevelComma(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === "'") quoted = false;
    } else if (c === "'") quoted = true;
    else if (c === "(") depth++;
    else if (c === ")") depth--;
    else if (c === "," && depth === 0) return i;
  }
  return -1;
}
