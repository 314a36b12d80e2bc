/**
 * Writes the JavaScript of a scanner for given fields.
 *
 * The scanner walks a record once and keeps where each wanted value lies (a later duplicate replaces an earlier one, and
 * everything below it). Only after the whole record is known to be valid are the values judged, and only after all of
 * them are known to fit are they written: a refused record never touches a writer, so nothing has to be rolled back.
 */
import type { ScanField } from "./fields.ts";
import { buildKeyTree, keyFunction, type KeyNode, type KeyTree, memberCode, slotsBelow } from "./keys.ts";

/** Fields judged or written by one function: keeps each within what the optimising compiler accepts. */
const FIELDS_PER_FUNCTION = 32;

/**
 * Module text that exports `bindScanner(core, writers)`, where `core` is what `core.ts` exports; it imports nothing.
 * A writer may be `null`: its field is then judged but not written.
 */
export function generateScanner(fields: readonly ScanField[]): string {
  const tree = buildKeyTree(fields);
  const parts = [
    `const FIELDS = ${JSON.stringify(fields.map(({ name, type }) => ({ name, type })))};\n`,
    `const starts = new Int32Array(${tree.slots}), ends = new Int32Array(${tree.slots});\n`,
    `const lo = new Int32Array(${fields.length}), hi = new Int32Array(${fields.length});\n`,
    `const real = new Float64Array(${fields.length});\n`,
    ...tree.nodes.map((node) => keyFunction(node) + escapedKeyFunction(node) + objectFunction(node)),
  ];
  const calls: { check: string[]; put: string[] } = { check: [], put: [] };
  for (let from = 0; from < fields.length; from += FIELDS_PER_FUNCTION) {
    const numbers = fields.map((_, i) => i).slice(from, from + FIELDS_PER_FUNCTION);
    parts.push(
      `function check${from}(buf) { let s = 0, e = 0, c = 0;\n${
        numbers.map((i) => checkField(fields[i], i, tree)).join("")
      }return 0; }\n`,
      `function put${from}(buf) { let s = 0, e = 0;\n${numbers.map((i) => putField(fields[i], i, tree)).join("")}}\n`,
    );
    calls.check.push(`code = check${from}(buf); if (code !== 0) return code;`);
    calls.put.push(`put${from}(buf);`);
  }
  const writers = fields.map((field, i) =>
    `const w${i} = writers[${i}] ?? null` +
    (field.nullable ? `, v${i} = w${i} === null ? null : w${i}.inner;\n` : ";\n")
  );
  return `// Generated: JSON records to columns.
export function bindScanner(core, writers) {
const { Fault, fail, failField, fault, faultText, keyText, notAnObject, putEscaped, readFloat, readInt, skipColon,
  skipSpace, skipString, skipValue, wide } = core;
${writers.join("")}${parts.join("")}
let buffer = null, whole = null, view = null, origin = 0;
function scan(bytes, start, end) {
  if (!(start >= 0 && start <= end && end <= bytes.length)) throw new RangeError("record outside of its buffer");
  if (bytes.buffer !== buffer) {
    buffer = bytes.buffer; whole = new Uint8Array(buffer); view = new DataView(buffer);
  }
  const buf = whole;
  origin = start += bytes.byteOffset; end += bytes.byteOffset;
  let p = skipSpace(buf, start, end);
  if (p >= end || buf[p] !== 0x7b) return notAnObject(buf, p, end);
  ends.fill(0);
  p = object0(buf, view, p, end);
  if (p === 0) return fault[0];
  p = skipSpace(buf, p, end);
  if (p !== end) { fail(Fault.TrailingText, p); return fault[0]; }
  let code = 0;
  ${calls.check.join("\n  ")}
  ${calls.put.join("\n  ")}
  return 0;
}
return {
  scan,
  errorOffset: () => fault[1] - origin,
  errorText: () => faultText(FIELDS, fault[1] - origin),
};
}
`;
}

function escapedKeyFunction(node: KeyNode): string {
  const entries = [...node.members].map(([key, member]) => `[${JSON.stringify(key)}, ${memberCode(member)}]`);
  return `const keys${node.id} = new Map([${entries.join(", ")}]);\n`;
}

/** The members of one object whose keys matter; everything else in it is skipped by the general lexer. */
function objectFunction(node: KeyNode): string {
  const { id, depth } = node;
  const nested = [...node.members.values()].filter((member) => member.child !== null).map(({ slot, child }) => {
    const reset = slotsBelow(child!).map((below) => `ends[${below}] = 0;`).join(" ");
    const keep = slot < 0 ? "" : `starts[${slot}] = p; ends[${slot}] = e;`;
    return `case ${-2 - child!.id}: ${reset}
      e = p < end && buf[p] === 0x7b ? object${child!.id}(buf, view, p, end) : skipValue(buf, view, p, end, ${depth});
      ${keep} break;`;
  });
  const other = `e = skipValue(buf, view, p, end, ${depth});`;
  return `function object${id}(buf, view, p, end) {
  let c = 0, e = 0, m = 0;
  p++;
  if (p < end && buf[p] <= 0x20) p = skipSpace(buf, p, end);
  if (p >= end) return fail(Fault.UnexpectedEnd, p);
  if (buf[p] === 0x7d) return p + 1;
  for (;;) {
    if (p >= end) return fail(Fault.UnexpectedEnd, p);
    if (buf[p] !== 0x22) return fail(Fault.ExpectedKey, p);
    e = skipString(buf, view, p, end);
    if (e > 0) m = key${id}(buf, view, p + 1, e - p - 2);
    else if (e === 0) return 0;
    else { e = -e; m = keys${id}.get(keyText(buf, p, e)) ?? -1; }
    if (e + 1 < end && buf[e] === 0x3a && buf[e + 1] > 0x20) p = e + 1;
    else { p = skipColon(buf, e, end); if (p === 0) return 0; }
    if (m >= 0) {
      e = skipValue(buf, view, p, end, ${depth});
      starts[m] = p;
      ends[m] = e;
    } else ${nested.length === 0 ? `{ ${other} }` : `{ switch (m) { ${nested.join("\n")} default: ${other} } }`}
    if (e === 0) return 0;
    p = e < 0 ? -e : e;
    if (p < end && buf[p] <= 0x20) p = skipSpace(buf, p, end);
    if (p >= end) return fail(Fault.UnexpectedEnd, p);
    c = buf[p];
    if (c === 0x7d) return p + 1;
    if (c !== 0x2c) return fail(Fault.ExpectedCommaOrBrace, p);
    p++;
    if (p < end && buf[p] <= 0x20) p = skipSpace(buf, p, end);
  }
}
`;
}

/** Judges one field: afterwards its end is 0 for NULL, and numbers are read. */
function checkField(field: ScanField, i: number, tree: KeyTree): string {
  const { literal, path } = tree.places[i];
  // The literal slot ends up with the position that counts.
  const find = `e = ends[${literal}];` + (path < 0 ? "" : ` if (e === 0 && (e = ends[${path}]) !== 0) {
  starts[${literal}] = starts[${path}]; ends[${literal}] = e; }`);
  const absent = field.nullable ? "" : `return failField(Fault.MissingField, origin, ${i}, 0);`;
  const nothing = field.nullable ? `if (c === 0x6e) ends[${literal}] = 0; else ` : "";
  const wrong = `${nothing}return failField(Fault.WrongType, s, ${i}, c);`;
  return `${find} if (e === 0) { ${absent} } else { s = starts[${literal}]; c = buf[s]; ${judge(field, i, wrong)} }\n`;
}

function judge({ type, exact }: ScanField, i: number, wrong: string): string {
  switch (type) {
    case "string":
      return `if (c !== 0x22) { ${wrong} }`;
    case "bool":
      return `if (c !== 0x74 && c !== 0x66) { ${wrong} }`;
    case "array":
      return `if (c !== 0x5b) { ${wrong} }`;
    case "map":
      return `if (c !== 0x7b) { ${wrong} }`;
    case "float":
      if (exact) return `if (c !== 0x2d && (c - 0x30) >>> 0 > 9) { ${wrong} }`;
      return `if (c !== 0x2d && (c - 0x30) >>> 0 > 9) { ${wrong} } else {
  real[${i}] = readFloat(buf, s, e);
  if (real[${i}] - real[${i}] !== 0) return failField(Fault.OutOfRange, s, ${i}, 0x30); }`;
    case "int":
    case "uint":
      // Too large is no fault of an exact one, but a fraction is, and a sign where none belongs.
      if (exact) {
        const tooLarge = type === "int" ? "true" : "buf[s] !== 0x2d";
        return `if (c !== 0x2d && (c - 0x30) >>> 0 > 9) { ${wrong} } else {
  c = readInt(buf, s, e, ${type === "int"});
  if (c !== 0 && !(c === Fault.OutOfRange && ${tooLarge})) return failField(c, s, ${i}, 0x30); }`;
      }
      return `if (c !== 0x2d && (c - 0x30) >>> 0 > 9) { ${wrong} } else {
  c = readInt(buf, s, e, ${type === "int"}); if (c !== 0) return failField(c, s, ${i}, 0x30);
  lo[${i}] = wide.lo; hi[${i}] = wide.hi; }`;
    default:
      throw new TypeError(`a scanner cannot read fields of type '${type satisfies never}'`);
  }
}

function putField(field: ScanField, i: number, tree: KeyTree): string {
  const { literal } = tree.places[i];
  const target = field.nullable ? `v${i}` : `w${i}`;
  const put = putValue(field, i, target);
  const body = field.nullable ? `if (e === 0) w${i}.putNull(); else { w${i}.beginValue(); ${put} }` : put;
  return `if (w${i} !== null) { s = starts[${literal}]; e = ends[${literal}]; ${body} }\n`;
}

function putValue({ type, exact }: ScanField, i: number, target: string): string {
  if (exact) return `${target}.putSlice(buf, s, e);`;
  switch (type) {
    case "string":
      return `if (e > 0) ${target}.putSlice(buf, s + 1, e - 1); else putEscaped(${target}, buf, view, s, -e);`;
    case "bool":
      return `${target}.putNumber(buf[s] === 0x74 ? 1 : 0);`;
    case "float":
      return `${target}.putNumber(real[${i}]);`;
    case "int":
    case "uint":
      return `${target}.putI64(lo[${i}], hi[${i}]);`;
    default:
      return `${target}.putSlice(buf, s, e);`;
  }
}
