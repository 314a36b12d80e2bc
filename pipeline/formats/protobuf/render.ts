/**
 * Protobuf values as JSON text, for fields that are arrays, maps or messages: names as in the schema, 64-bit numbers as
 * numbers, enums by name, bytes as base64. A field that knows "absent" is left out when it is; others have their zero.
 */
import type { Cursor } from "../cursor.ts";
import { type JsonText, wideText } from "../json_text.ts";
import { type ProtoField, type ProtoMessage, type ProtoType, type Scalar, WIRE_TYPES } from "./schema.ts";
import { DELIMITED, isSigned, readLength, readTag, readWhole, skipValue } from "./wire.ts";

/** Where a field's values lie: start, end and wire type of each. */
export type Places = number[];

export const wireTypeOf = (type: ProtoType): number =>
  type.kind === "scalar" ? WIRE_TYPES[type.scalar] : type.kind === "enum" ? 0 : DELIMITED;

/** Notes the value behind a tag. */
export function note(c: Cursor, field: ProtoField, tag: number, places: Places): void {
  const wire = tag & 7;
  const own = field.key === null ? wireTypeOf(field.type) : DELIMITED;
  const packed = field.repeated && own !== DELIMITED && wire === DELIMITED;
  if (wire !== own && !packed) c.fail(`field '${field.name}' has another wire type than the schema says`);
  const start = c.p;
  skipValue(c, tag);
  places.push(start, c.p, wire);
}

/** The value of a field from all its places. */
export function renderField(c: Cursor, json: JsonText, field: ProtoField, places: Places): void {
  if (field.key !== null) return renderMap(c, json, field, field.key, places);
  if (!field.repeated) return renderLast(c, json, field.type, places);
  const { p, end } = c;
  const own = wireTypeOf(field.type);
  json.byte(0x5b);
  let first = true;
  for (let i = 0; i < places.length; i += 3) {
    c.p = places[i];
    c.end = places[i + 1];
    if (places[i + 2] !== own) readLength(c); // packed: values behind each other
    while (c.p < c.end) {
      if (!first) json.byte(0x2c);
      first = false;
      renderValue(c, json, field.type);
    }
  }
  json.byte(0x5d);
  c.p = p;
  c.end = end;
}

/** Of one value the last place counts; messages are merged. */
function renderLast(c: Cursor, json: JsonText, type: ProtoType, places: Places): void {
  const { p, end } = c;
  if (type.kind === "message") renderMessage(c, json, type.message, places);
  else if (places.length === 0) renderZero(json, type);
  else {
    c.p = places[places.length - 3];
    c.end = places[places.length - 2];
    renderValue(c, json, type);
  }
  c.p = p;
  c.end = end;
}

/** A value that lies at the cursor, with its length in front if it has one. */
function renderValue(c: Cursor, json: JsonText, type: ProtoType): void {
  if (type.kind === "enum") {
    readWhole(c, "int32");
    return enumText(json, type.names, c.lo);
  }
  if (type.kind === "message") {
    const start = c.p;
    c.over(readLength(c));
    const { p, end } = c;
    renderMessage(c, json, type.message, [start, p, DELIMITED]);
    c.p = p;
    c.end = end;
    return;
  }
  const { scalar } = type;
  switch (scalar) {
    case "double":
      return json.real(c.view.getFloat64(c.over(8), true));
    case "float":
      return json.real(c.view.getFloat32(c.over(4), true));
    case "string": {
      const at = c.over(readLength(c));
      c.text(at, c.p);
      return json.utf8(c.bytes, at, c.p);
    }
    case "bytes": {
      const at = c.over(readLength(c));
      return json.base64(c.bytes, at, c.p);
    }
    case "bool":
      readWhole(c, scalar);
      return json.raw(c.lo === 1 ? "true" : "false");
    default:
      readWhole(c, scalar);
      json.wide(c.lo, c.hi, isSigned(scalar));
  }
}

function renderMessage(c: Cursor, json: JsonText, { fields }: ProtoMessage, places: Places): void {
  c.enter();
  const byNumber = new Map(fields.map((field) => [field.number, [] as Places]));
  for (let i = 0; i < places.length; i += 3) {
    c.p = places[i];
    c.end = places[i + 1];
    readLength(c);
    while (c.p < c.end) {
      const tag = readTag(c);
      const found = byNumber.get(tag >>> 3);
      if (found) note(c, fields.find(({ number }) => number === tag >>> 3)!, tag, found);
      else skipValue(c, tag);
    }
  }
  json.byte(0x7b);
  let first = true;
  for (const field of fields) {
    const found = byNumber.get(field.number)!;
    if (field.presence && found.length === 0) {
      if (field.required) c.fail(`field '${field.name}' is missing in the message`);
      continue;
    }
    if (!first) json.byte(0x2c);
    first = false;
    json.string(field.name);
    json.byte(0x3a);
    renderField(c, json, field, found);
  }
  json.byte(0x7d);
  c.leave();
}

/** Entries are messages of a key and a value; of one key the last entry counts. */
function renderMap(c: Cursor, json: JsonText, field: ProtoField, key: Scalar, places: Places): void {
  const { p, end } = c;
  const entries = new Map<string, Places>();
  for (let i = 0; i < places.length; i += 3) {
    c.p = places[i];
    c.end = places[i + 1];
    readLength(c);
    let keyText = zeroText({ kind: "scalar", scalar: key });
    const value: Places = [];
    while (c.p < c.end) {
      const tag = readTag(c);
      if (tag >>> 3 === 1) keyText = keyOf(c, key, tag);
      else if (tag >>> 3 === 2) note(c, { ...field, key: null, repeated: false }, tag, value);
      else skipValue(c, tag);
    }
    entries.set(keyText, value);
  }
  json.byte(0x7b);
  let first = true;
  for (const [text, value] of entries) {
    if (!first) json.byte(0x2c);
    first = false;
    json.raw(text.startsWith('"') ? text : `"${text}"`);
    json.byte(0x3a);
    renderLast(c, json, field.type, value);
  }
  json.byte(0x7d);
  c.p = p;
  c.end = end;
}

const decoder = new TextDecoder();

function keyOf(c: Cursor, key: Scalar, tag: number): string {
  if ((tag & 7) !== WIRE_TYPES[key]) c.fail("the key of a map has another wire type than the schema says");
  if (key === "string") {
    const at = c.over(readLength(c));
    c.text(at, c.p);
    return JSON.stringify(decoder.decode(c.bytes.subarray(at, c.p)));
  }
  readWhole(c, key);
  if (key === "bool") return c.lo === 1 ? "true" : "false";
  return wideText(c.lo, c.hi, isSigned(key));
}

function enumText(json: JsonText, names: ReadonlyMap<number, string>, value: number): void {
  const name = names.get(value);
  if (name === undefined) json.raw(String(value));
  else json.string(name);
}

function renderZero(json: JsonText, type: ProtoType): void {
  if (type.kind === "enum") enumText(json, type.names, 0);
  else json.raw(zeroText(type));
}

function zeroText(type: ProtoType): string {
  if (type.kind !== "scalar") return "{}";
  return type.scalar === "string" || type.scalar === "bytes" ? '""' : type.scalar === "bool" ? "false" : "0";
}
