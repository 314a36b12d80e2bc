import { strict as assert } from "node:assert";
import fc from "fast-check";
import { stringify } from "yaml";
import { parseYaml, YAML_LIMIT, YamlError } from "./yaml.ts";

function refused(text: string): [string, number, number] {
  try {
    parseYaml(text);
  } catch (error) {
    assert.ok(error instanceof YamlError, String(error));
    return [error.message, error.line, error.column];
  }
  assert.fail("no error");
}

Deno.test("what JSON can say, YAML says the same", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
    const wire = JSON.parse(JSON.stringify(value));
    assert.deepEqual(parseYaml(JSON.stringify(wire)).value, wire);
    assert.deepEqual(parseYaml(JSON.stringify(wire, null, 2)).value, wire);
    assert.deepEqual(parseYaml(stringify(wire)).value, wire);
  }));
});

Deno.test("scalars are those of YAML 1.2: only true and false are booleans, dates are texts", () => {
  assert.deepEqual(
    parseYaml("a: yes\nb: 2026-01-02\nc: 0x10\nd: ~\ne: !!str 9000\nf: |\n  x\n  y\n1: true\nnull: 1e3").value,
    { a: "yes", b: "2026-01-02", c: 16, d: null, e: "9000", f: "x\ny\n", "1": true, null: 1000 },
  );
  for (const empty of ["", "# nothing", "---\n"]) assert.equal(parseYaml(empty).value, null);
});

Deno.test("anchors are values repeated", () => {
  assert.deepEqual(parseYaml("a: &x {b: [1]}\nc: *x\nd: &x 2\ne: *x").value, {
    a: { b: [1] },
    c: { b: [1] },
    d: 2,
    e: 2,
  });
});

Deno.test("a key named like the prototype is a key", () => {
  const value = parseYaml("__proto__: {polluted: 1}\nconstructor: 2").value as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

const REFUSED: [string, string, RegExp, number, number][] = [
  ["a tag", "a: 1\nb: !secret s3cret", /tags are not supported/, 2, 12],
  ["a tag on a mapping", "a: !foo\n  b: 1", /tags are not supported/, 2, 3],
  ["a tag on a key", "!foo a: 1", /text as key/, 1, 1],
  ["a tag of older versions", "a: !!binary aGk=", /tags are not supported/, 1, 13],
  ["an older version", "%YAML 1.1\n---\na: yes", /version 1\.2/, 1, 1],
  ["a key twice", "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3", /same key twice/, 5, 3],
  ["a key twice, in quotes", 'a: 1\n"a": 2', /same key twice/, 2, 1],
  ["a merge key", "a: &x {b: 1}\nc:\n  <<: *x", /merge keys/, 3, 3],
  ["a list as key", "? [1]\n: 2", /text as key/, 1, 3],
  ["an alias of nothing", "a: *nothing", /not defined/, 1, 4],
  ["an alias before its anchor", "a: *x\nb: &x 1", /not defined/, 1, 4],
  ["an alias inside of itself", "a: &x [*x]", /inside/, 1, 8],
  ["infinity", "a: .inf", /finite/, 1, 4],
  ["no number", "a: [1, .nan]", /finite/, 1, 8],
  ["two documents", "a: 1\n---\nb: 2", /one document/, 2, 1],
  ["a tab", "a:\n\tb: 1", /spaces, not with tabs/, 2, 1],
  ["two mappings on a line", "a: b: c", /same line/, 1, 4],
  ["an open quote", 'a: "b\nc: d', /missing/, 2, 5],
  ["an unknown escape", 'a: "\\q"', /escape/, 1, 5],
  ["a reserved character", "a: @b", /needs quotes/, 1, 4],
  ["a closing bracket", "a: [1\nb: 2", /./, 2, 1],
];
for (const [title, text, reason, line, column] of REFUSED) {
  Deno.test(`YAML with ${title}`, () => {
    const [message, atLine, atColumn] = refused(text);
    assert.match(message, reason);
    assert.deepEqual([atLine, atColumn], [line, column]);
  });
}

Deno.test("small texts do not become large values", () => {
  const laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++) laughs.push(`a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(", ")}]`);
  assert.match(refused(laughs.join("\n"))[0], /at most/);
  assert.match(refused(`a: &x 1\nb: [${Array(1001).fill("*x").join(",")}]`)[0], /at most 1000 aliases/);
  for (
    const deep of ["[".repeat(102) + "]".repeat(102), "[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(9_999)]
  ) {
    assert.match(refused(deep)[0], /levels|deeply|missing/);
  }
  assert.match(refused(`[${"1,".repeat(110_000)}]`)[0], /at most 100000 values/);
  assert.match(refused(" ".repeat(YAML_LIMIT + 1))[0], /at most 262144 characters/);
});

Deno.test("any text at all: a value that JSON can say, or a YamlError", () => {
  const piece = fc.constantFrom(
    "a",
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&x ",
    "*x",
    "!t ",
    "|\n",
    "'",
    '"',
    "? ",
    "#",
    "%",
    "---",
    "\t",
    "0",
    ".nan",
    "~",
    "\u0000",
  );
  const text = fc.array(fc.oneof(piece, piece, fc.string({ maxLength: 3 })), { maxLength: 40 }).map((all) =>
    all.join("")
  );
  fc.assert(
    fc.property(text, (text) => {
      try {
        const { value, placeOf } = parseYaml(text);
        assert.deepEqual(JSON.parse(JSON.stringify(value)), value === 0 ? 0 : value);
        assert.ok(placeOf("body.a[0].b").line >= 1);
      } catch (error) {
        assert.ok(error instanceof YamlError, `${error} for ${JSON.stringify(text)}`);
        assert.ok(error.line >= 1 && error.column >= 1);
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("places of values, and of the nearest thing that is there", () => {
  const { placeOf } = parseYaml("sink:\n  Table: t\n  mapping:\n    - name: a\n      column_name: b\n");
  const at = (path: string) => Object.values(placeOf(path));
  assert.deepEqual(at("body.sink.table"), [2, 3]);
  assert.deepEqual(at("body.sink.mapping[0].column_name"), [5, 7]);
  assert.deepEqual(at("body.sink.mapping[0].column_type"), [4, 7]);
  assert.deepEqual(at("body.sink.mapping[3]"), [3, 3]);
  assert.deepEqual(at("body"), [1, 1]);
});

Deno.test("places of very many keys; of two spellings the one that is asked for", () => {
  const keys = Array.from({ length: 30_000 }, (_, i) => `k${i.toString(36)}`);
  const { placeOf } = parseYaml(keys.map((key) => `${key}:`).join("\n"));
  keys.forEach((key, i) => assert.equal(placeOf(`body.${key.toUpperCase()}`).line, i + 1));
  const two = parseYaml("Name: a\nname: b\n");
  assert.deepEqual(["Name", "name", "NAME"].map((key) => two.placeOf(`body.${key}`).line), [1, 2, 2]);
});
