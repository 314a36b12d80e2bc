/**
 * Byte scanner: JSON records to columns.
 *
 * A record is accepted if and only if `JSON.parse` accepts its UTF-8 text as an object, nesting stays within `MAX_DEPTH`,
 * and every declared field is there in its type. Decisions where JSON leaves room:
 *
 * - Invalid UTF-8 and a byte order mark are refused, anywhere in the record, each with its own message.
 * - Duplicate keys: the last one counts, with everything below it. A key with a field's whole dotted name wins over the
 *   path, even when it is null; a path goes through objects only, never through array indexes.
 * - No coercion: a number is no string, `1.5` is no int; `1.0` and `1e3` are.
 * - A float beyond the largest double is refused; `JSON.parse` makes it Infinity, which no JSON number means.
 * - An exact number is the bytes of its JSON text, of any size; `int` and `uint` still have no fraction, `uint` no sign.
 * - Arrays and maps are the bytes of their JSON text, white space and duplicate keys included.
 * - The syntax of the whole record is judged before any field is, and fields in the order of their declaration.
 */
export { type Core, core } from "./core.ts";
export { Fault, MAX_DEPTH } from "./fault.ts";
export type { FieldType, NullableTarget, NumberTarget, ScanField, Target, TextTarget, WideTarget } from "./fields.ts";
export { generateScanner } from "./generate.ts";
export { jsonTextFault, type TextFault } from "./text_fault.ts";
export { type BindScanner, createScanner, type Scanner } from "./scanner.ts";
