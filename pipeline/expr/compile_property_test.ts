import assert from "node:assert/strict";
import fc from "fast-check";
import { compileExpression } from "./compile.ts";
import { EvaluationError, ExpressionError } from "./errors.ts";
import { evaluate } from "./evaluate_test_oracle.ts";
import { generate } from "./generate.ts";
import { eventAccess, runText } from "./run_for_tests.ts";
import type { FieldDeclaration } from "./types.ts";

const FIELDS: FieldDeclaration[] = [
  { name: "n", type: "float" },
  { name: "sure", type: "float", nullable: false },
  { name: "i", type: "int" },
  { name: "s", type: "string" },
  { name: "text", type: "string", nullable: false },
  { name: "b", type: "bool" },
  { name: "t", type: "array" },
  { name: "m", type: "map" },
];

const event = fc.record({
  n: fc.constantFrom(null, 0, 1, -2.5, 3, 1e300),
  sure: fc.constantFrom(0, 1, 2, 2.5),
  i: fc.constantFrom(null, 0, 1, 7, -3),
  s: fc.constantFrom(null, "", "a", "ab", "é", "\u{1f600}"),
  text: fc.constantFrom("", "a", "b", "ba"),
  b: fc.constantFrom(null, true, false),
  t: fc.constantFrom<unknown[]>(null as unknown as unknown[], [], [1, 2], ["a", null], [true, false], [[1], { a: 1 }]),
  m: fc.constantFrom(null, {}, { a: "a" }, { a: 1, k: { a: "b" } }),
});

const leaf = fc.constantFrom(
  ..."n sure i s text b t m nil true false 0 1 2 3 -1 2.5 'a' 'ab' '' [] {} [1,2] ['a','b']".split(" "),
  ..."{a:1} m.a m['k'] m?.a m.k.a m?.k?.a t[0] t?.[1] int(n) int(sure) float(i) # #index .a #acc 1..3 $env".split(" "),
);
const BINARY = "== != < <= > >= in contains startsWith endsWith + - * / % ** and or ?? && || ..".split(" ");
const NEGATED = ["not in", "not contains", "matches"];

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const e = tie("expression");
  return {
    expression: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      { arbitrary: leaf, weight: 3 },
      { arbitrary: fc.tuple(e, fc.constantFrom(...BINARY, ...NEGATED), e).map((p) => `(${p.join(" ")})`), weight: 5 },
      { arbitrary: fc.tuple(e, fc.constantFrom(...BINARY), e).map((parts) => parts.join(" ")), weight: 2 },
      { arbitrary: fc.tuple(fc.constantFrom("not ", "-", "!", "+"), e).map((parts) => parts.join("")), weight: 1 },
      { arbitrary: fc.tuple(e, e, e).map(([a, b, c]) => `(${a} ? ${b} : ${c})`), weight: 1 },
      { arbitrary: fc.tuple(e, e).map(([a, b]) => `(let v = ${a}; v == ${b} or v)`), weight: 1 },
      { arbitrary: fc.tuple(e, e).map(([a, b]) => `[${a}, ${b}]`), weight: 1 },
      { arbitrary: fc.tuple(e, e).map(([a, b]) => `{a: ${a}, (${b}): 1}`), weight: 1 },
      { arbitrary: fc.tuple(e, e).map(([a, b]) => `(${a})[${b}]`), weight: 1 },
      { arbitrary: fc.tuple(e, e).map(([a, b]) => `(${a})[${b}:]`), weight: 1 },
      {
        arbitrary: fc.tuple(e, fc.constantFrom(".a", "?.a", "?.a.b", "?.[0]")).map((p) => `(${p[0]})${p[1]}`),
        weight: 1,
      },
      {
        arbitrary: fc.tuple(fc.constantFrom(..."all any none one filter map count find sum reduce".split(" ")), e, e)
          .map(([name, source, body]) => `${name}(${source}, ${body})`),
        weight: 2,
      },
      {
        arbitrary: fc.tuple(fc.constantFrom(..."len type upper string abs toString first keys".split(" ")), e)
          .map(([name, argument]) => `${name}(${argument})`),
        weight: 1,
      },
    ),
  };
});

/** The value, or which kind of error. */
function outcome(work: () => unknown): unknown {
  try {
    return { value: work() ?? null };
  } catch (error) {
    if (error instanceof EvaluationError) return "row error";
    throw error;
  }
}

const hooks = {
  ...eventAccess,
  equals: (field: string, literal: string) => `event.${field} === ${JSON.stringify(literal)}`,
};

Deno.test("generated code gives what the tree says", () => {
  let compiled = 0;
  const mode = fc.constantFrom("filter" as const, "stateless" as const);
  fc.assert(
    fc.property(expression, event, mode, fc.boolean(), (text, row, mode, typed) => {
      let checked;
      try {
        checked = compileExpression(text, typed ? FIELDS : null, mode);
      } catch (error) {
        assert.ok(error instanceof ExpressionError, `${text}: ${error}`);
        assert.ok(error.position >= 0 && error.position <= text.length, text);
        return;
      }
      compiled++;
      const expected = outcome(() => {
        const value = evaluate(checked.tree, row);
        if (mode === "filter" && typeof value !== "boolean") throw new EvaluationError("bool");
        return value;
      });
      const js = generate(checked, hooks);
      assert.deepEqual(outcome(() => runText(js, row)), expected, `${text}\n${js}`);
    }),
    { numRuns: 4000 },
  );
  assert.ok(compiled > 400, `only ${compiled} of the random expressions compiled`);
});

Deno.test("random text compiles or is refused with a position", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ..."( ) [ ] { } ? : ?. . .. , ; # | || && not in let if else ' \" ` // /* \\ 1 0x 1e a $env".split(" "),
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
    leaf,
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom("", " "), (parts, space) => {
      const text = parts.join(space);
      try {
        const js = generate(compileExpression(text, null, "stateless"), eventAccess);
        new Function("rt", "event", `return ${js}`);
      } catch (error) {
        assert.ok(error instanceof ExpressionError, `${JSON.stringify(text)}: ${error}`);
      }
    }),
    { numRuns: 3000 },
  );
});
