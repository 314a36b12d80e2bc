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

const words = (text: string) => fc.constantFrom(...text.split(" "));
const join = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(""));
type Sorts = Record<"any" | "bool" | "num" | "text" | "list" | "map", string>;
const is = (text: string) => fc.constant(text);

/** Mostly well-typed text; `any` mixes everything. Pointers appear only where `inside` a predicate. */
function grammar(inside: boolean, depth: number): fc.Arbitrary<string> {
  const body = depth > 0 ? grammar(true, depth - 1) : is("true");
  const pointers = inside ? " # #.a #index .a" : "";
  return fc.letrec<Sorts>((tie) => {
    const any = tie("any");
    const bool = tie("bool");
    const num = tie("num");
    const text = tie("text");
    const list = tie("list");
    const map = tie("map");
    const choose = (leaves: string, ...inner: fc.Arbitrary<string>[]) =>
      fc.oneof(
        { depthSize: "max", maxDepth: 5, withCrossShrink: true },
        { arbitrary: words(leaves + pointers), weight: Math.ceil(inner.length / 3) },
        ...inner,
        { arbitrary: any, weight: 1 },
      );
    return {
      any: fc.oneof(
        { depthSize: "max", maxDepth: 5 },
        words("nil m.k.a m?.k?.a t[0] t?.[1] $env" + pointers),
        bool,
        num,
        text,
        list,
        map,
      ),
      bool: choose(
        "true false b b",
        join(is("("), num, words("== != < <= > >="), num, is(")")),
        join(is("("), text, words("== != < > >="), text, is(")")),
        join(
          is("("),
          text,
          fc.constantFrom(" contains ", " startsWith ", " not endsWith ", " matches "),
          text,
          is(")"),
        ),
        join(is("("), any, fc.constantFrom(" in ", " not in "), fc.oneof(list, map), is(")")),
        join(is("("), bool, fc.constantFrom(" and ", " or ", "&&", "||", "==", " ?? "), bool, is(")")),
        join(is("(("), any, is(") == nil)")),
        join(fc.constantFrom("!(", "not (", "("), bool, is(")")),
        join(words("all any none one"), is("("), list, is(", "), body, is(")")),
      ),
      num: choose(
        "n sure i 0 1 2 3 -1 2.5 int(n) int(sure) float(i) m.a",
        join(is("("), num, words("+ - * / % ** ??"), num, is(")")),
        join(is("-("), num, is(")")),
        join(is("("), bool, is(" ? "), num, is(" : "), any, is(")")),
        join(words("len count sum first"), is("("), list, is(")")),
        join(is("(let v = "), num, is("; v + "), num, is(")")),
        join(is("reduce("), list, is(", #acc + #)")),
      ),
      text: choose(
        "s text 'a' 'ab' '' 'é' m['k'] m?.a",
        join(is("("), text, is(" + "), text, is(")")),
        join(words("upper string type toString"), is("("), text, is(")")),
        join(is("("), text, is(")["), num, is(":]")),
        join(is("("), text, is(" ?? "), text, is(")")),
      ),
      list: choose(
        "t [] [1,2] ['a','b'] 1..3",
        join(is("["), any, is(", "), any, is("]")),
        join(words("filter map"), is("("), list, is(", "), body, is(")")),
        join(is("("), num, is(".."), num, is(")")),
      ),
      map: choose("m {} {a:1}", join(is("{a: "), any, is(", ("), text, is("): 1}")), join(is("("), map, is(")?.k"))),
    };
  }).any;
}

const expression = grammar(false, 2);
const leaf = words("n s t m # #acc .a 1..3 2.5 'a' $env filter( map( nil true");

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
  assert.ok(compiled > 800, `only ${compiled} of the random expressions compiled`);
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
