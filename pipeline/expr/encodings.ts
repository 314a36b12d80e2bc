// toJSON, fromJSON, toBase64, fromBase64, and JSON text of values in general.
import { EvaluationError } from "./errors.ts";
import { orderText } from "./compare.ts";
import { fromUtf8, utf8 } from "./bytes.ts";
import { generalFloat, generalText, plainFloat } from "./format.ts";
import { make, visit, walking } from "./budget.ts";
import { isMap, newMap, Special, text } from "./values.ts";

/** Indented by two spaces, keys in order, `<`, `>` and `&` escaped. */
export function toJSON(value: unknown): string {
  return walking(() => jsonText(value, "  "));
}

export function fromJSON(value: unknown): unknown {
  const source = text(value, "fromJSON()");
  make(source.length);
  try {
    return JSON.parse(source, (_key, inner) => readValue(inner));
  } catch (cause) {
    if (cause instanceof EvaluationError) throw cause;
    throw new EvaluationError("fromJSON(): the text is not JSON", { cause });
  }
}

/** Half of a surrogate pair is no character; a number too large for a float is an error. */
function readValue(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new EvaluationError("fromJSON(): a number is out of range");
  }
  return isMap(value) ? Object.assign(newMap(), value) : value;
}

export function toBase64(value: unknown): string {
  const bytes = utf8(text(value, "toBase64()"));
  make(bytes.length);
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

export function fromBase64(value: unknown): string {
  const encoded = text(value, "fromBase64()").replace(/[\r\n]/g, "");
  make(encoded.length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    throw new EvaluationError("fromBase64(): the text is not base64");
  }
  return fromUtf8(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0)));
}

/**
 * JSON of any value: exact integers, keys in order, `<`, `>`, `&` escaped. Infinities and NaN are an error. What stands in
 * several places of a value is written, and counted, at each of them.
 */
export function jsonText(value: unknown, indent = "", margin = ""): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") {
    make(value.length);
    return quote(value);
  }
  if (typeof value === "number") return jsonNumber(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Special) return jsonText(value.toJson(generalText), indent, margin);
  const inner = margin + indent;
  const isArray = Array.isArray(value);
  const colon = indent === "" ? ":" : ": ";
  const parts = isArray
    ? value.map((element) => jsonText(element, indent, inner))
    : Object.keys(value).sort(orderText).map((key) =>
      quote(key) + colon + jsonText((value as Record<string, unknown>)[key], indent, inner)
    );
  visit(1 + parts.length);
  make(parts.reduce((length, part) => length + part.length + 1, 0));
  const [open, close] = isArray ? "[]" : "{}";
  if (parts.length === 0 || indent === "") return open + parts.join(",") + close;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Exponents only below 1e-6 and from 1e21 on. */
function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new EvaluationError(`unsupported value: ${generalFloat(value)} is not JSON`);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return value.toExponential();
  return plainFloat(value);
}
