import assert from "node:assert/strict";
import { EvaluationError, ExpressionError } from "./errors.ts";
import { run } from "./run_for_tests.ts";

const EVENT = { n: 25, s: "Oslo é", t: [1, 2], flag: true, box: { city: "Oslo", n: 30 }, none: null };

const VALUES: [string, unknown][] = [
  ["42", 42n],
  ["1_000", 1000n],
  ["0x2A", 42n],
  ["0o52", 42n],
  ["0b10", 2n],
  [".5", 0.5],
  ["1e3", 1000],
  ["'a\\n\\u00e9' // comment", "a\né"],
  ["`raw \\n` /* c */", "raw \\n"],
  ["nil", null],
  ["1 + 2 * 3", 7n],
  ["(1 + 2) * 3", 9n],
  ["7 / 2", 3.5],
  ["7 % 4", 3n],
  ["-7 % 4", -3n],
  ["2 ** 3", 8],
  ["2 ** 3 ** 2", 512],
  ["2 ^ 3", 8],
  ["-2 ** 2", -4],
  ["n * 2", 50],
  ["n + 1 == 26", true],
  ["int(n) % 2", 1n],
  ["n == 25", true],
  ["1 == 1.0", true],
  ["1 in t", true],
  ["3 in t", false],
  ["n in 1..30", true],
  ["25.5 in 1..30", false],
  ["1..3", [1n, 2n, 3n]],
  ["3..1", []],
  ["t[-1]", 2],
  ["t[0]", 1],
  ["s[0:4]", "Oslo"],
  ["s[5:]", "é"],
  ["s[-2:]", "é"],
  ["[1,2,3][1:-1]", [2n]],
  ["s[0]", 79n],
  ["missing", null],
  ["missing ?? 3", 3n],
  ["0 ?? 3", 0n],
  ["missing == nil", true],
  ["n == nil", false],
  ["n != nil", true],
  ["box.city", "Oslo"],
  ["box['city']", "Oslo"],
  ["box.missing", null],
  ["missing?.x.y", null],
  ["missing?.['x']", null],
  ["missing?.x ?? 'd'", "d"],
  ["box?.city", "Oslo"],
  ["box?.missing?.x", null],
  ['$env["n"]', 25],
  ["$env.box.city", "Oslo"],
  ['"n" in $env', true],
  ['"@ts" in $env', false],
  ["'city' in box", true],
  ["'a' in missing", false],
  ["not flag", false],
  ["!flag", false],
  ["not (n > 30)", true],
  ["flag and n > 18", true],
  ["flag && n > 30 || box.n == 30", true],
  ["n > 18 or missing > 3", true],
  ["1 < n < 30", true],
  ["1 < n < 20", false],
  ["s startsWith 'Os' and s endsWith 'é' and s contains 'lo'", true],
  ["s not contains 'x'", true],
  ["s not startsWith 'x'", true],
  ["missing contains 'x'", false],
  ["missing matches 'x'", false],
  ["s matches '^Os.*é$'", true],
  ["s not matches '^x'", true],
  ["s in ['Oslo é', 'b']", true],
  ["s not in ['a', 'b']", true],
  ["n in [1, 25]", true],
  ["n > 18 ? 'adult' : 'minor'", "adult"],
  ["missing == nil ? 1 : 2", 1n],
  ["flag ?: false", true],
  ["if n > 30 { 'a' } else if n > 20 { 'b' } else { 'c' }", "b"],
  ["let x = n + 1; x * 2", 52],
  ["let x = 1; let y = x + 1; x + y", 3n],
  ["1; 2; 3", 3n],
  ["s | upper() | len()", 6n],
  ["'a' + 'b'", "ab"],
  ["{a: 1, 'b c': 2, ('d'): 3}['b c']", 2n],
  ["[1, [2]] == [1.0, [2]]", true],
  ["{a: 1} == {a: 1.0}", false],
  ["{a: 1} == {a: 1}", true],
  ["n == 'x'", false],
  ["'a' < 'b'", true],
  ["'\\uffff' < '\\U0001F600'", true],
  ["9223372036854775807 + 1", -9223372036854775808n],
  ["filter(t, # > 1)", [2]],
  ["filter(t, {# > 1})", [2]],
  ["map(t, # * 2)", [2, 4]],
  ["map([{a: 1}, {a: 2}], .a)", [1n, 2n]],
  ["map([{a: 1}], #.a)", [1n]],
  ["map(t, #index)", [0n, 1n]],
  ["all(t, # > 0)", true],
  ["none(t, # > 1)", false],
  ["any(t, # > 1)", true],
  ["one(t, # > 1)", true],
  ["count(t, # > 0)", 2n],
  ["count([true, false])", 1n],
  ["sum(t)", 3],
  ["sum([])", 0n],
  ["sum(t, # * 2)", 6],
  ["find(t, # > 1)", 2],
  ["find(t, # > 9)", null],
  ["findIndex(t, # > 1)", 1n],
  ["findIndex(t, # > 9)", null],
  ["findLast(t, # > 0)", 2],
  ["findLastIndex(t, # > 0)", 1n],
  ["reduce(t, #acc + #)", 3],
  ["reduce(t, #acc + #, 10)", 13],
  ["sortBy([3,1,2], #)", [1n, 2n, 3n]],
  ["sortBy([3,1,2], -#)", [3n, 2n, 1n]],
  ["sortBy([3,1,2], #, 'desc')", [3n, 2n, 1n]],
  ["map(1..2, map(1..2, #))", [[1n, 2n], [1n, 2n]]],
  ["let k = 10; map(t, # + k)", [11, 12]],
  ["t | filter(# > 1) | map(# + 1)", [3]],
  ["box.n in [30]", true],
  ["n in t", false],
];

Deno.test("expressions give the documented values", () => {
  for (const [text, expected] of VALUES) {
    let actual: unknown;
    try {
      actual = run(text, EVENT);
    } catch (error) {
      throw new Error(`${text}: ${error}`);
    }
    assert.deepEqual(actual ?? null, expected, text);
  }
});

const ROW_ERRORS: [string, RegExp][] = [
  ["n % 2", /%/],
  ["missing > 18", /invalid operation: <nil> > /],
  ["not missing", /bool/],
  ["n ? 1 : 2", /bool/],
  ["!n", /bool/],
  ["n + 'a'", /invalid operation: float64 \+ string/],
  ["missing.x", /cannot fetch x from <nil>/],
  ["box.missing.x", /cannot fetch x from <nil>/],
  ["n.x", /cannot fetch x from float64/],
  ["t[5]", /index out of range: 5 \(array length is 2\)/],
  ["s contains n", /contains/],
  ["1 in s", /operator "in" not defined on string/],
  ["n and flag", /bool/],
  ["missing or flag", /bool/],
  ["s matches ('(' + s)", /error parsing regexp/],
  ["1..2000000", /memory budget/],
  ["map(1..1000, 1..1001)", /memory budget/],
  ["reduce([], #acc)", /reduce of empty array/],
  ["int(n) % int(n - 25)", /divide by zero/],
  ["filter(n, true)", /array/],
  ["filter(t, #)", /bool/],
  ["n < s", /invalid operation: float64 < string/],
];

Deno.test("values that do not fit are row errors", () => {
  for (const [text, message] of ROW_ERRORS) {
    assert.throws(
      () => run(text, EVENT),
      (error) => error instanceof EvaluationError && message.test(error.message),
      text,
    );
  }
});

const COMPILE_ERRORS: [string, number][] = [
  ['"a" == 1', 4],
  ['"5" * 2', 4],
  ["5 % 0", 4],
  ["nil and true", 0],
  ['"a" in "abc"', 4],
  ["1 +", 3],
  ["n >>>> 18", 3],
  ["(1", 2],
  ["let foo = 1; foo(1)", 13],
  ["'abc'[0]", 6],
  ["s matches '('", 10],
  ["s matches '(a)\\\\1'", 10],
  ["#", 0],
  ["map(t, #foo)", 7],
  ["1 ? 2 : 3", 0],
  ["a ?? b + 1", 7],
  ["let x = 1; let x = 2; x", 11],
  ["'abc", 0],
  ["99999999999999999999", 0],
  ["1a", 0],
  ["/* x", 0],
  ["n @ 1", 2],
  ["filter(t)", 0],
  ["now(1)", 4],
  ["  ", 0],
  ["nil.x", 3],
  ["5[0]", 1],
  ["not 1", 0],
  ["[1,2]['a']", 6],
  ["5 in ['a']", 2],
];

Deno.test("what can be known wrong is a compile error at its position", () => {
  for (const [text, position] of COMPILE_ERRORS) {
    assert.throws(() => run(text), (error) => {
      assert.ok(error instanceof ExpressionError, `${text}: ${error}`);
      assert.equal(error.position, position, `${text}: ${error.message}`);
      return true;
    }, text);
  }
});

Deno.test("hostile text is refused, not fatal", () => {
  const many = 20_000;
  for (
    const text of [
      "(".repeat(many),
      "[".repeat(many),
      "-".repeat(many) + "1",
      "not ".repeat(many) + "true",
      "1" + "+1".repeat(many),
      "a" + ".b".repeat(many),
      "a" + "?.b".repeat(many),
      "true" + " and true".repeat(many),
      "if true {".repeat(many),
      "let a = ".repeat(many),
      "map(".repeat(many),
      "1" + " ? 1 : 1".repeat(many),
      "1" + "?:1".repeat(many),
      "1 < ".repeat(many) + "1",
      "(".repeat(200) + "n" + "?:1)".repeat(200),
      "(".repeat(100) + "1" + "<1<1)".repeat(100),
      "9".repeat(1_000_000),
      "s matches '" + "(".repeat(many) + "'",
      "s matches '((a{999}){999}){999}'",
    ]
  ) {
    assert.throws(() => run(text), ExpressionError, text.slice(0, 20));
  }
  assert.equal(run("n == 1" + " or n == 1".repeat(1500) + " or n == 2", { n: 2 }), true);
});
