/** Generated code of the deduplication key: a row's key as bytes, then as the four words of its fingerprint. See `key_text.ts`. */
import type { FieldRef, KeyPath } from "../config/mod.ts";
import { quote } from "./code.ts";
import type { ColumnCode, SourceCode } from "./column_code.ts";

/**
 * Statements that set `keyed` to whether row `i` has a key, and if so fill `hash`. They use `key`, a `KeyText`, and
 * `hash`, an `Int32Array(4)`.
 */
export function keyCode(path: KeyPath, source: SourceCode): string {
  if (path.kind === "value") return singleCode(path.value, source);
  const parts = path.kind === "array"
    ? path.items.map((value) => ({ label: "", value }))
    : path.members.map(({ name, value }) => ({ label: `${JSON.stringify(name)}:`, value }));
  const [open, close] = path.kind === "array" ? ["[", "]"] : ["{", "}"];
  const lines = parts.map(({ label, value }) => {
    const column = source.column(value.field);
    const put = `key.separate(); ${label === "" ? "" : `key.text(${quote(label)});`}`;
    return partCode(column, value, put, true);
  });
  return `key.begin(); key.text("${open}"); ${lines.join("\n")} key.text("${close}");
native.hash128(key.bytes, 0, key.length, hash); keyed = true;`;
}

function singleCode(ref: FieldRef, source: SourceCode): string {
  const column = source.column(ref.field);
  const { type, field } = column;
  if (type.kind === "String" && ref.key === undefined && !field.exact) {
    const { bytes, start, end } = column.slice;
    const present = `${start} < ${end}`;
    return `keyed = ${field.nullable ? `!(${column.absent}) && ${present}` : present};
if (keyed) native.hash128(${bytes}, ${start}, ${end}, hash);`;
  }
  if (type.kind === "Map" && ref.key !== undefined) {
    const { bytes, start, end } = column.valueSlice("at");
    return `{ const at = ${column.findKey(ref.key)}; keyed = at >= 0 && ${start} < ${end};
if (keyed) native.hash128(${bytes}, ${start}, ${end}, hash); }`;
  }
  return `key.begin(); ${partCode(column, ref, "", false)} keyed = key.length > 0;
if (keyed) native.hash128(key.bytes, 0, key.length, hash);`;
}

/** Appends the value's text behind `before`; nothing if the row lacks it. */
function partCode(column: ColumnCode, ref: FieldRef, before: string, json: boolean): string {
  if (ref.key !== undefined && column.type.kind === "Map") {
    const { bytes, start, end } = column.valueSlice("at");
    return `{ const at = ${column.findKey(ref.key)}; if (at >= 0) { ${before} ${append(bytes, start, end, json)} } }`;
  }
  const text = `${before} ${valueCode(column, json)}`;
  return column.absent === null ? text : `if (!(${column.absent})) { ${text} }`;
}

function valueCode(column: ColumnCode, json: boolean): string {
  switch (column.type.kind) {
    case "String": {
      const { bytes, start, end } = column.slice;
      if (column.field.exact) {
        return `key.text(ops.numberKey(${bytes}, ${start}, ${end}, ${column.field.type === "float"}));`;
      }
      return append(bytes, start, end, json && column.field.type === "string");
    }
    case "DateTime64": {
      const { lo, hi } = column.words;
      const text = `ops.instantText(${lo}, ${hi})`;
      return json ? `key.text('"' + ${text} + '"');` : `key.text(${text});`;
    }
    case "Map":
      return `ops.putMapKey(key, ${column.column}, i);`;
    case "Bool":
      return `key.text(${column.number} !== 0 ? "true" : "false");`;
    case "Float":
      return `key.text(ops.plainNumber(${column.number}));`;
    default:
      return `key.text(String(${column.column}.values[i]));`;
  }
}

function append(bytes: string, start: string, end: string, json: boolean): string {
  return `key.${json ? "quoted" : "slice"}(${bytes}, ${start}, ${end});`;
}
