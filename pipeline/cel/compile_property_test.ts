// Random expressions, compiled, give what walking the tree gives; random text gives an error, never a crash.
import assert from "node:assert/strict";
import fc from "fast-check";
import { EvaluationError, ExpressionError } from "../expr/errors.ts";
import { generate } from "../expr/generate.ts";
import * as rt from "../expr/runtime.ts";
import { checkCel } from "./compile.ts";
import { evaluate, Failed, type Names, Unsigned } from "./evaluate_test_oracle.ts";
import { parseCel } from "./parser.ts";
import { Uint } from "./runtime/values.ts";
import type { CelField } from "./types.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 2_000);

const FIELDS: readonly CelField[] = [
  { name: "wide", type: "int", nullable: false },
  { name: "small", type: "int", nullable: false, small: true },
  { name: "maybe", type: "int" },
  { name: "count", type: "uint", nullable: false, small: true },
  { name: "big", type: "uint", nullable: false },
  { name: "ratio", type: "float", nullable: false },
  { name: "level", type: "float" },
  { name: "text", type: "string", nullable: false },
  { name: "label", type: "string" },
  { name: "flag", type: "bool", nullable: false },
  { name: "maybeFlag", type: "bool" },
  { name: "list", type: "array", nullable: false },
  { name: "tags", type: "map", nullable: false },
  { name: "any", type: "dyn" },
];

const INTS = [
  0n,
  1n,
  -1n,
  2n,
  7n,
  2n ** 32n - 1n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const UINTS = [0n, 1n, 2n, 9n, 2n ** 32n - 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
const DOUBLES = [0, -0, 1, 1.5, -2.25, 2 ** 53, 1e300, 2 ** 63];
const TEXTS = ["", "a", "ab", "b", "é", "\uffff", "🎉"];
const KEYS = ["a", "b", "toString"];

const values = <T>(all: readonly T[]) => fc.constantFrom(...all);
const unsigned = (all: readonly bigint[]) => values(all).map((value) => new Unsigned(value));
const loose = fc.oneof(values(INTS), values(DOUBLES), values(TEXTS), fc.boolean(), fc.constant(null), unsigned(UINTS));
const event: fc.Arbitrary<Record<string, unknown>> = fc.record({
  wide: values(INTS),
  small: values(INTS.filter((value) => value < 2n ** 32n && value > -(2n ** 32n))),
  maybe: fc.option(values(INTS)),
  count: unsigned(UINTS.filter((value) => value < 2n ** 32n)),
  big: unsigned(UINTS),
  ratio: fc.oneof(values(DOUBLES), fc.constant(NaN)),
  level: fc.option(values(DOUBLES)),
  text: values(TEXTS),
  label: fc.option(values(TEXTS)),
  flag: fc.boolean(),
  maybeFlag: fc.option(fc.boolean()),
  list: fc.array(loose, { maxLength: 4 }),
  tags: fc.uniqueArray(values(KEYS)).chain((keys) =>
    fc.array(loose, { minLength: keys.length, maxLength: keys.length }).map((each) =>
      new Map(keys.map((key, i) => [key, each[i]]))
    )
  ),
  any: loose,
});

type Kind = "near" | "nearby" | "int" | "uint" | "double" | "text" | "bool" | "ints" | "any";
const KINDS: ReadonlySet<string> = new Set<Kind>([
  "near",
  "nearby",
  "int",
  "uint",
  "double",
  "text",
  "bool",
  "ints",
  "any",
]);
const quoted = (value: string) => JSON.stringify(value);
const doubleText = (value: number) =>
  Object.is(value, -0) ? "-0.0" : Number.isInteger(value) && value < 1e9 ? `${value}.0` : value.toExponential();

const { expression, edge } = fc.letrec<Record<Kind | "expression" | "edge", string>>((tie) => {
  const of = (parts: readonly (string | Kind)[]) =>
    fc.tuple(...parts.map((part) => KINDS.has(part) ? tie(part as Kind) : fc.constant(part))).map((each) =>
      `(${each.join(" ")})`
    );
  const shapes = (leaf: fc.Arbitrary<string>, ...all: string[]) =>
    fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, ...all.map((shape) => of(shape.split(" "))));
  const leaf = (literals: fc.Arbitrary<string>, ...names: string[]) => fc.oneof(literals, fc.constantFrom(...names));
  const arithmetic = (kind: Kind) => ["+", "-", "*", "/"].map((op) => `${kind} ${op} ${kind}`);
  const compared = (["int", "uint", "double", "text"] as const).flatMap((kind) =>
    ["==", "!=", "<", "<=", ">", ">="].map((op) => `${kind} ${op} ${kind}`)
  );
  return {
    int: shapes(
      leaf(values(INTS).map(String), "wide", "small", "maybe"),
      ...arithmetic("int"),
      "int % int",
      "- int",
      "size( text )",
      "size( ints )",
      "int( double )",
      "int( uint )",
      "bool ? int : int",
      "ints [ int ]",
    ),
    // where doubles begin to lie
    near: fc.constantFrom("wide", "maybe", "small", "9007199254740991", "9007199254740992", "9007199254740993"),
    nearby: fc.constantFrom("big", "count", "9007199254740992u", "9007199254740993u", "18446744073709551615u"),
    uint: shapes(
      leaf(values(UINTS).map((value) => `${value}u`), "count", "big"),
      ...arithmetic("uint"),
      "uint % uint",
      "bool ? uint : uint",
    ),
    double: shapes(
      leaf(values(DOUBLES).map(doubleText), "ratio", "level"),
      ...arithmetic("double"),
      "- double",
      "double( int )",
      "double( uint )",
      "bool ? double : double",
    ),
    text: shapes(leaf(values(TEXTS).map(quoted), "text", "label"), "text + text", "bool ? text : text"),
    bool: shapes(
      leaf(fc.constantFrom("true", "false"), "flag", "maybeFlag", "has(tags.a)", '"b" in tags', "maybe == null"),
      ...compared,
      "int < double",
      "uint >= int",
      "double > uint",
      "bool && bool",
      "bool || bool",
      "bool && bool && bool",
      "bool || bool || bool",
      "! bool",
      "bool == bool",
      "bool ? bool : bool",
      "any == any",
      "any < int",
      "any && bool",
      "bool || any",
      "int in ints",
      "int in [1, 2, -1]",
      "uint in [1u, 9u]",
      'text in ["a", "é"]',
      "any in list",
      "text in tags",
      "text .startsWith( text )",
      "text .endsWith( text )",
      "text .contains( text )",
      "ints .all(v, v < int )",
      "ints .exists(v, int / v == 1)",
      "list .exists(v, v == any )",
      "list .all(v, v > int || bool )",
      "ints .exists_one(v, v == int )",
    ),
    ints: shapes(
      leaf(fc.constantFrom("[]", "[1, 2, 3]", "[0, -1]"), "[wide, small]"),
      "ints + ints",
      "ints .map(v, v + int )",
      "ints .map(v, v > 0, v * int )",
      "ints .filter(v, v < int || bool )",
    ),
    any: shapes(
      leaf(fc.constantFrom("null", "[1]", "{}"), "any", "tags.a", 'tags["b"]', "list[0]"),
      "dyn( int )",
      "dyn( text )",
      "tags [ text ]",
      "list [ int ]",
    ),
    edge: fc.oneof(...[
      ...["near == near", "near != near", "near < near", "near >= near", "near + 1 == near", "near - small < near"],
      ...["small * small > near", "small * small + small > near", "small / 7 * 7 + small % 7 == small"],
      ...["nearby == nearby", "nearby > nearby", "count - count > nearby", "count * count * count < nearby"],
      ...["near in [9007199254740993, 1]", "nearby in [9007199254740993u, 1u]", "near > double(near)"],
    ].map((shape) => of(shape.split(" ")))),
    expression: fc.oneof(tie("bool"), tie("int"), tie("uint"), tie("double"), tie("text"), tie("ints"), tie("any")),
  };
});

const FAILED = Symbol("failed");

function walked(text: string, given: Record<string, unknown>): unknown {
  try {
    return comparable(evaluate(parseCel(text), new Map(Object.entries(given)) as Names));
  } catch (error) {
    if (error instanceof Failed) return FAILED;
    throw error;
  }
}

function compiled(text: string, given: Record<string, unknown>): unknown {
  const { term, read } = checkCel(text, FIELDS);
  const tree = {
    tree: term.node,
    type: term.node.type,
    fields: read,
    readsEnvironment: false,
    mode: "stateless",
  } as const;
  const quote = (field: string) => JSON.stringify(field);
  const js = generate(tree, {
    value: (field) => `doubles[${quote(field)}]`,
    integer: (field) => `exact[${quote(field)}]`,
  });
  const exact = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value instanceof Unsigned ? value.value : value]),
  );
  const doubles = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asField(name, value)]));
  try {
    return comparable(new Function("rt", "doubles", "exact", `"use strict"; return ${js};`)(rt, doubles, exact));
  } catch (error) {
    if (error instanceof EvaluationError) return FAILED;
    throw error;
  }
}

/** Integer fields are doubles there; what is inside arrays, maps and fields of unknown type is as it is. */
function asField(name: string, value: unknown): unknown {
  const { type } = FIELDS.find((field) => field.name === name)!;
  if (type === "int" || type === "uint") {
    return value === null ? null : Number(value instanceof Unsigned ? value.value : value);
  }
  return asRuntime(value);
}

function asRuntime(value: unknown): unknown {
  if (value instanceof Unsigned) return new Uint(value.value);
  if (Array.isArray(value)) return value.map(asRuntime);
  if (!(value instanceof Map)) return value;
  return Object.assign(
    Object.create(null),
    Object.fromEntries([...value].map(([key, inner]) => [key, asRuntime(inner)])),
  );
}

function comparable(value: unknown): unknown {
  if (value instanceof Uint || value instanceof Unsigned) return `${value.value}u`;
  if (Array.isArray(value)) return value.map(comparable);
  if (value instanceof Map) return [...value].map(([key, inner]) => [key, comparable(inner)]);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([key, inner]) => [key, comparable(inner)]);
  }
  return value;
}

/** Integers near those where doubles lose the last digit. */
const edgeEvent = fc.tuple(event, values(INTS.slice(6, 9)), values(INTS.slice(6, 9)), values(UINTS.slice(4, 8))).map(
  ([given, wide, maybe, big]) => ({ ...given, wide, maybe, big: new Unsigned(big) }),
);

for (const [what, texts, events] of [["any", expression, event], ["64-bit", edge, edgeEvent]] as const) {
  Deno.test(`a compiled expression gives what walking its tree gives: ${what}`, () => agree(texts, events));
}

function agree(texts: fc.Arbitrary<string>, events: fc.Arbitrary<Record<string, unknown>>): void {
  let accepted = 0;
  const property = fc.property(texts, events, (text, given) => {
    let actual: unknown;
    try {
      actual = compiled(text, given);
    } catch (error) {
      if (error instanceof ExpressionError) return;
      throw error;
    }
    accepted++;
    assert.deepEqual(actual, walked(text, given));
  });
  fc.assert(property, { numRuns: RUNS });
  assert.ok(accepted > RUNS / 2, `only ${accepted} of ${RUNS} expressions are valid`);
}

Deno.test("random text is refused or compiled, never fatal", () => {
  const token = fc.constantFrom(
    ..."a . ( ) [ ] { } , : ? ! - + * / % == < in && || 1 2u 1.5 'x' b'y' r\"z\" null true int has size map all \"\\u00e9\" ` # .?"
      .split(" "),
  );
  const text = fc.oneof(
    fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(" ")),
    fc.string({ unit: "binary", maxLength: 60 }),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        const { term } = checkCel(input, null);
        assert.ok(term.node);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        assert.ok(error.position >= 0 && error.position <= input.length);
        assert.doesNotMatch(error.message, /cannot be read/);
      }
    }),
    { numRuns: RUNS },
  );
});
