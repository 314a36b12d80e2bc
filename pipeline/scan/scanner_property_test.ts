import fc from "fast-check";
import assert from "node:assert/strict";
import type { ScanField } from "./fields.ts";
import { expected, MisreadByEngine } from "./oracle_test_support.ts";
import { lastValue, recorders } from "./recorder_test_support.ts";
import { createScanner } from "./scanner.ts";

const FIELDS: ScanField[] = [
  { name: "s", type: "string", nullable: true },
  { name: "id", type: "string", nullable: false },
  { name: "b", type: "bool", nullable: true },
  { name: "i", type: "int", nullable: true },
  { name: "u", type: "uint", nullable: true },
  { name: "f", type: "float", nullable: true },
  { name: "list", type: "array", nullable: true },
  { name: "o", type: "map", nullable: true },
  { name: "o.i", type: "int", nullable: true },
  { name: "o.p.s", type: "string", nullable: true },
  { name: "o.p.f", type: "float", nullable: true },
  { name: "q.", type: "bool", nullable: true },
  { name: "é.\ud83d\ude00", type: "float", nullable: true },
  { name: "__proto__", type: "map", nullable: true },
  { name: 'a long name with "quotes" and \\', type: "string", nullable: true },
];
const scanner = (fields = FIELDS) => {
  const columns = recorders(fields);
  return { fields, columns, scan: createScanner(fields, columns) };
};
const shared = scanner();

/** Compares one record; true when it was accepted. */
function compare(bytes: Uint8Array, { fields, columns, scan } = shared): boolean {
  let want: unknown[] | null;
  try {
    want = expected(fields, bytes);
  } catch (error) {
    if (error instanceof MisreadByEngine) return false;
    throw error;
  }
  for (const column of columns) column.values.length = 0;
  const padded = new Uint8Array(bytes.length + 19).fill(0x7d).subarray(7); // a view that does not start at 0
  padded.set(bytes, 5);
  const code = scan.scan(padded, 5, 5 + bytes.length);
  if (want === null) {
    assert.notEqual(code, 0, `accepted: ${new TextDecoder().decode(bytes)}`);
    assert.ok(columns.every(({ values }) => values.length === 0));
    assert.match(scan.errorText(), /^(invalid|the message|field '|expected)/);
    return false;
  }
  assert.equal(code, 0, code === 0 ? "" : `refused: ${scan.errorText()}: ${new TextDecoder().decode(bytes)}`);
  for (const [i, field] of fields.entries()) {
    assert.equal(columns[i].values.length, 1);
    let got = lastValue(columns[i], field);
    if ((field.type === "array" || field.type === "map") && got !== null) got = JSON.parse(got as string);
    if (typeof got === "object") assert.deepStrictEqual(got, want[i], field.name);
    else assert.ok(Object.is(got, want[i]), `${field.name}: ${String(got)} is not ${String(want[i])}`);
  }
  return true;
}

const digits = (max: number) =>
  fc.array(fc.constantFrom(..."0123456789"), { minLength: 1, maxLength: max, size: "max" }).map((d) => d.join(""));
const numberText = fc.oneof(
  fc.constantFrom(
    ...[
      "0",
      "-0",
      "0.0",
      "1.0",
      "1e3",
      "9007199254740991",
      "9007199254740992",
      "9007199254740993",
      "9223372036854775807",
    ],
    ...["-9223372036854775808", "9223372036854775808", "18446744073709551615", "18446744073709551616", "-1", "1e400"],
    ...["-1e400", "5e-324", "2e-324", "2.2250738585072011e-308", "1e22", "1e23", "0.1e-6", "123456789012345678e-17"],
    ...[
      "922337203685477580.7e1",
      "1e19",
      "1e20",
      "999999999",
      "1000000000",
      "4294967296",
      "-4294967296",
      "1E+2",
      "1e-0",
    ],
    ...["179769313486231580793e289", "0e999999999999", "1e-999999999999", "100000000000000000000000000e-25", "0.5E1"],
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => JSON.stringify(v)),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.integer().map(String),
  fc.tuple(fc.constantFrom(-(2n ** 63n), 2n ** 63n, 2n ** 64n, 2n ** 53n, 10n ** 18n), fc.bigInt({ min: -2n, max: 2n }))
    .map(([edge, by]) => String(edge + by)),
  // around the limits of the short way: mantissas near 2^53, powers of ten near 22
  fc.tuple(fc.bigInt({ min: 10n ** 14n, max: 10n ** 17n }), fc.integer({ min: -25, max: 25 })).map(([m, e]) =>
    `${m}e${e}`
  ),
  fc.tuple(
    fc.constantFrom("", "-"),
    fc.integer({ min: 1, max: 9 }),
    digits(25),
    digits(25),
    fc.integer({ min: -350, max: 330 }),
  )
    .map(([sign, first, a, b, e]) => `${sign}${first}${a}.${b}e${e}`),
  fc.tuple(digits(22), fc.integer({ min: 0, max: 24 })).map(([d, zeros]) =>
    `${BigInt(d)}${"0".repeat(zeros)}e-${zeros}`
  ),
  fc.tuple(fc.integer({ min: 0, max: 99999999 }), fc.integer({ min: 0, max: 20 })).map(([n, s]) => `${n}e-${s}`),
);

/** A string literal with each character in one of its possible forms. */
const literalOf = (text: string, forms: readonly number[]): string =>
  `"${
    Array.from(text.split(""), (unit, i) => {
      const code = unit.charCodeAt(0);
      const hex = `\\u${code.toString(16).padStart(4, "0")}`;
      const form = forms.length === 0 ? 0 : forms[i % forms.length];
      if (form === 1) return hex;
      if (form === 2) return hex.slice(0, 2) + hex.slice(2).toUpperCase();
      if (form === 3 && unit === "/") return "\\/";
      return JSON.stringify(unit).slice(1, -1);
    }).join("")
  }"`;
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30, size: "max" }),
  fc.string({ maxLength: 60, size: "max" }),
  fc.array(
    fc.constantFrom("\ud83d", "\ude00", "a", "é", "漢", "\\", '"', "/", "\n", "\u0000", "\u007f", "\u2028", "😀"),
    { maxLength: 12 },
  )
    .map((units) => units.join("")),
);
const stringText = fc.tuple(text, fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3), { maxLength: 5 })).map(([t, forms]) =>
  literalOf(t, forms)
);
const keyText = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constantFrom(...FIELDS.map(({ name }) => name), "o", "p", "i", "f", "q", "", "é", "😀", "other", "o.p"),
      fc.constantFrom<number[]>([], [], [], [1], [0, 2]),
    ).map(([key, forms]) => forms.length === 0 ? JSON.stringify(key) : literalOf(key, forms)),
  },
  { weight: 1, arbitrary: stringText },
);
const space = fc.constantFrom("", "", "", "", " ", "\n", "\r\n\t ");

const scalar = fc.oneof(numberText, stringText, fc.constantFrom("true", "false", "null"));
const { value: anyValue } = fc.letrec<{ value: string; members: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    scalar,
    fc.tuple(fc.array(tie("value"), { maxLength: 4 }), space).map(([v, s]) => `[${s}${v.join(`${s},${s}`)}${s}]`),
    tie("members"),
  ),
  members: fc.tuple(fc.array(fc.tuple(keyText, tie("value")), { maxLength: 4 }), space).map(([m, s]) =>
    `{${s}${m.map(([k, v]) => `${k}${s}:${s}${v}`).join(`${s},${s}`)}${s}}`
  ),
}));
/** Mostly the type that is declared, so that most records get as far as being written. */
const typed: Record<ScanField["type"], fc.Arbitrary<string>> = {
  string: stringText,
  bool: fc.constantFrom("true", "false"),
  int: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.constantFrom("1.0", "-12e2", "-0"),
  ),
  uint: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String), fc.constantFrom("1.50e1", "0", "1e19")),
  float: numberText,
  array: fc.array(anyValue, { maxLength: 3 }).map((v) => `[${v.join()}]`),
  map: fc.array(fc.tuple(keyText, anyValue), { maxLength: 3 }).map((m) => `{${m.map(([k, v]) => `${k}:${v}`).join()}}`),
};
const nested = fc.tuple(typed.int, typed.string, typed.float).map(([i, s, f]) =>
  `"o":{"i":${i},"p":{"s":${s},"f":${f}}}`
);
const member = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(...FIELDS).chain((f) => typed[f.type].map((v) => `${JSON.stringify(f.name)}:${v}`)),
  },
  { weight: 2, arbitrary: nested },
  { weight: 1, arbitrary: fc.tuple(keyText, anyValue).map(([k, v]) => `${k}:${v}`) },
);
const record = fc.tuple(fc.array(member, { maxLength: 9 }), typed.string, space).map(([members, id, s]) =>
  `${s}{${s}${[...members, `"id":${id}`].join(`${s},${s}`)}${s}}${s}`
);
const encode = (source: string) => new TextEncoder().encode(source);

Deno.test("records are read as JSON.parse reads them", () => {
  let accepted = 0;
  let total = 0;
  fc.assert(
    fc.property(record, (source) => {
      total++;
      if (compare(encode(source))) accepted++;
    }),
    { numRuns: 8000 },
  );
  assert.ok(accepted > total / 3, `only ${accepted} of ${total} records were accepted`);
});

Deno.test("any value in place of the record, and any record of any values", () => {
  fc.assert(fc.property(anyValue, (source) => void compare(encode(source))), { numRuns: 3000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(keyText, anyValue), { maxLength: 6 }), (members) => {
      compare(encode(`{"id":"",${members.map(([k, v]) => `${k}:${v}`).join()}${members.length === 0 ? `"x":1` : ""}}`));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("numbers of every form are read exactly", () => {
  const fields: ScanField[] = (["int", "uint", "float"] as const).flatMap((type) => [
    { name: type, type, nullable: true },
    { name: `exact ${type}`, type, nullable: true, exact: true },
  ]);
  const own = scanner(fields);
  fc.assert(
    fc.property(numberText, (n) => {
      for (const { name } of fields) compare(encode(`{"${name}":${n}}`), own);
    }),
    { numRuns: 6000 },
  );
});

const damage = fc.record({
  at: fc.nat(),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(...encode('"\\{}[],:-+.eE0u \n'), 0x80, 0xc0, 0xed, 0xff)),
});

Deno.test("a changed, lost or added byte is judged as JSON.parse judges it", () => {
  fc.assert(
    fc.property(record, fc.array(damage, { minLength: 1, maxLength: 3 }), fc.nat(2), (source, damages, kind) => {
      let bytes = encode(source);
      for (const { at, byte } of damages) {
        const p = at % bytes.length;
        if (kind === 0) bytes[p] = byte;
        else {bytes = Uint8Array.from([
            ...bytes.subarray(0, p),
            ...(kind === 1 ? [byte] : []),
            ...bytes.subarray(p + kind - 1),
          ]);}
        if (bytes.length === 0) break;
      }
      compare(bytes);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a record cut off at any byte is refused", () => {
  fc.assert(
    fc.property(record, (source) => {
      const bytes = encode(source.trim());
      for (let n = 0; n < bytes.length; n++) assert.equal(compare(bytes.subarray(0, n)), false);
    }),
    { numRuns: 60 },
  );
});

Deno.test("number-like, escape-like and UTF-8-like noise is judged as JSON.parse judges it", () => {
  const noise = (units: string, maxLength: number) =>
    fc.array(fc.constantFrom(...units), { maxLength }).map((u) => u.join(""));
  fc.assert(fc.property(noise("0123-+.eE", 8), (n) => void compare(encode(`{"id":"","f":${n}}`))), { numRuns: 3000 });
  fc.assert(fc.property(noise('\\"ubnd8cC0 \u0001é', 12), (s) => void compare(encode(`{"id":"${s}"}`))), {
    numRuns: 3000,
  });
  const lead = fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0xbf,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xed,
    0xef,
    0xf0,
    0xf1,
    0xf4,
    0xf5,
  );
  const tail = fc.constantFrom(0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf);
  const utf8 = fc.array(fc.oneof(lead, tail, fc.tuple(lead, tail, tail, tail)), { maxLength: 3 }).map((units) =>
    units.flat()
  );
  fc.assert(
    fc.property(utf8, (units) => void compare(Uint8Array.from([...encode('{"id":"'), ...units, ...encode('"}')]))),
    { numRuns: 4000 },
  );
});
