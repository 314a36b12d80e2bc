// Custom functions on URL query strings.
import { need, textArguments } from "./custom_arguments.ts";
import { EvaluationError } from "./errors.ts";
import { fromUtf8, utf8 } from "./bytes.ts";
import { make, spend } from "./budget.ts";
import { newMap, type ValueMap } from "./values.ts";

/** Keys to their value, or to an array when repeated. A malformed query gives an empty map. */
export function customParseQuery(...args: unknown[]): ValueMap {
  if (args.length === 0) return newMap();
  return parse(textArguments(args, 1, "parseQuery")[0]);
}

/** The value (an array if repeated) of a literal key, or the empty text. */
export function customGetQueryParam(...args: unknown[]): unknown {
  const [query, name] = textArguments(args, 2, "getQueryParam");
  const values = parse(query);
  return Object.hasOwn(values, name) ? values[name] : "";
}

/** `+` is a space; what is not text gives the empty text; a bad escape is an error. */
export function customUrlDecode(...args: unknown[]): string {
  need(args, 1, "urlDecode");
  if (args.length > 1) throw new EvaluationError(`urlDecode() takes 1 argument, got ${args.length}`);
  if (typeof args[0] !== "string") return "";
  make(args[0].length);
  const decoded = unescape(args[0]);
  if (decoded === null) throw new EvaluationError("urlDecode(): the text has an invalid % escape");
  return decoded;
}

function parse(query: string): ValueMap {
  const result = newMap();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const key = unescape(at < 0 ? part : part.slice(0, at));
    const value = unescape(at < 0 ? "" : part.slice(at + 1));
    // a semicolon is no separator any more and makes a query malformed
    if (key === null || value === null || part.includes(";")) return newMap();
    spend(1);
    const known = result[key];
    if (known === undefined) result[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else result[key] = [known, value];
  }
  return result;
}

/** Percent-decodes as bytes; null for an escape without two hex digits. */
function unescape(text: string): string | null {
  if (!text.includes("%")) return text.replaceAll("+", " ");
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  const bytes = utf8(text.replaceAll("+", " "));
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0x25) {
      bytes[length++] = parseInt(String.fromCharCode(bytes[i + 1], bytes[i + 2]), 16);
      i += 2;
    } else {
      bytes[length++] = bytes[i];
    }
  }
  return fromUtf8(bytes.subarray(0, length));
}
