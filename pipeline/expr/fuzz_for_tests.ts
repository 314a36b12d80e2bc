// For tests only: random expressions from a seed, and what must hold for each of them. Fast, so that a million can run.
import assert from "node:assert/strict";
import { compileExpression } from "./compile.ts";
import { EvaluationError, ExpressionError } from "./errors.ts";
import { evaluate } from "./evaluate_test_oracle.ts";
import { generate } from "./generate.ts";
import { eventAccess, runText } from "./run_for_tests.ts";
import * as rt from "./runtime.ts";
import type { ExpressionMode, FieldDeclaration } from "./types.ts";
import { Special } from "./values.ts";

/** The same numbers for the same seed, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * bound);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

const FIELDS: readonly FieldDeclaration[] = [
  { name: "n", type: "float" },
  { name: "sure", type: "float", nullable: false },
  { name: "i", type: "int" },
  { name: "s", type: "string" },
  { name: "text", type: "string", nullable: false },
  { name: "b", type: "bool" },
  { name: "t", type: "array" },
  { name: "m", type: "map" },
];

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  n: [null, 0, 1, -2.5, 3, 1e300],
  sure: [0, 1, 2, 2.5],
  i: [null, 0, 1, 7, -3],
  s: [null, "", "a", "ab", "é", "\u{1f600}", "2024-02-29", "1h30m"],
  text: ["", "a", "b", "ba", "12"],
  b: [null, true, false],
  t: [null, [], [1, 2], ["a", null], [true, false], [[1], { a: 1 }], [3, 1, 2]],
  m: [null, {}, { a: "a" }, { a: 1, k: { a: "b" } }],
};

export function randomEvent(random: Random): Record<string, unknown> {
  return Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, random.of(values)]));
}

const LEAVES = {
  any: "nil m.k.a m?.k?.a t[0] t?.[1] $env x x?.y".split(" "),
  bool: "true false b".split(" "),
  num: "n sure i 0 1 2 3 -1 2.5 0x1f 1e3 m.a".split(" "),
  text: ["s", "text", "'a'", "'ab'", "''", "'é'", "`raw`", "m['k']", "m?.a"],
  list: ["t", "[]", "[1, 2]", "['a', 'b']", "1..3", "[nil, 1.5]"],
  map: ["m", "{}", "{a: 1}", "{'b c': [1]}"],
  time: ["date('2024-02-29')", "date(s)", "date('2024-03-31T10:00:00+02:00')"],
  span: ["duration('90m')", "duration(s)", "duration('-1s')"],
} as const;

type Sort = keyof typeof LEAVES;

/** `$sort` stands for an expression of the sort, `@sort` for one inside a predicate. */
const FORMS: Readonly<Record<Sort, readonly string[]>> = {
  any: ["$bool", "$num", "$text", "$list", "$map", "$time", "$span", "get($map, $text)", "(let v = $any; v ?? $any)"],
  bool: [
    "($num == $num)",
    "($num < $num)",
    "(0 <= $num <= 9)",
    "($text != $text)",
    "($text > $text)",
    "($any == $any)",
    "($any in $list)",
    "($text not in $map)",
    "($text in ['a', ''])",
    "($num in 1..5)",
    "($text contains $text)",
    "($text not startsWith $text)",
    "($text matches '^[a-c]*$')",
    "($bool and $bool)",
    "($bool || $bool || true)",
    "not $bool",
    "($bool ?? $bool)",
    "any($list, @bool)",
    "all($list, {@bool})",
    "none($list, @bool)",
    "one($list, # == $any)",
    "($time < $time)",
    "($span >= $span)",
    "$time.Before($time)",
  ],
  num: [
    "($num + $num)",
    "($num - $num)",
    "($num * $num)",
    "($num / $num)",
    "($num % $num)",
    "($num ** $num)",
    "(-$num)",
    "($num ?? $num)",
    "($bool ? $num : $any)",
    "if $bool { $num } else { $num }",
    "int($any)",
    "float($num)",
    "len($list)",
    "count($list, @bool)",
    "sum($list)",
    "sum([$num, $num])",
    "(let v = $num; v + $num)",
    "reduce($list, #acc + #, $num)",
    "find($list, @bool)",
    "findIndex($list, @bool)",
    "round($num)",
    "max($num, $list)",
    "bitand($num, 7)",
    "$time.Year()",
    "$span.Minutes()",
    "($list | first())",
  ],
  text: [
    "($text + $text)",
    "upper($text)",
    "string($any)",
    "type($any)",
    "toString($any)",
    "toJSON($any)",
    "trim($text)",
    "replace($text, 'a', $text)",
    "join($list, '-')",
    "$text[0:$num]",
    "($text)[$num:]",
    "($text ?? $text)",
    "$time.Format('2006-01-02 Mon')",
  ],
  list: [
    "[$any, $any]",
    "filter($list, @bool)",
    "map($list, @any)",
    "map($list, # | type())",
    "($num..$num)",
    "split($text, '')",
    "keys($map)",
    "sort($list)",
    "sortBy($list, @num)",
    "reverse($list)",
    "uniq($list)",
    "flatten($list)",
    "concat($list, $list)",
    "take($list, 2)",
    "$list[1:]",
    "map(map($list, [#, 1]), #[0])",
  ],
  map: ["{a: $any, ($text): 1}", "groupBy($list, @any)", "fromPairs([['k', $any]])", "($map)?.k"],
  time: ["($time + $span)", "($time - $span)", "$time.UTC()", "$time.AddDate(0, 1, $num)"],
  span: ["($time - $time)", "($span + $span)", "($span * $num)"],
};

const POINTERS = ["#", "#.a", ".a", "#acc", "#index"] as const;

/** Mostly well-typed text of limited depth. */
export function randomExpression(random: Random): string {
  return expand(random, random.of(Object.keys(FORMS) as Sort[]), 2 + random.below(4), false);
}

function expand(random: Random, sort: Sort, depth: number, inside: boolean): string {
  if (inside && random.below(3) === 0) return random.of(POINTERS);
  // now and then something of another type
  const wanted = random.below(25) === 0 ? "any" : sort;
  if (depth <= 0) return random.of(LEAVES[wanted]);
  return random.of(FORMS[wanted]).replaceAll(/([$@])([a-z]+)/g, (whole, mark, name) => {
    if (!Object.hasOwn(FORMS, name)) return whole;
    return expand(random, name as Sort, depth - 1 - random.below(2), inside || mark === "@");
  });
}

const PIECES = [
  ..."( ) [ ] { } ? : ?. . .. , ; # | || && not in let if else ' \" ` // /* \\ 1 0x 1e a $env :: ?? ** - = \u00a0 é \0 \ud800"
    .split(" "),
  ..."n s t m # #acc .a 1..3 2.5 'a' filter( map( reduce( nil true date( .Year() \\u{ '\\".split(" "),
  " ",
  "\n",
];

/** Random text, or an expression with a part of it damaged. */
export function randomNoise(random: Random): string {
  if (random.below(2) === 0) {
    const text = randomExpression(random);
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.of(PIECES) + text.slice(at + random.below(3));
  }
  return Array.from({ length: 1 + random.below(12) }, () => random.of(PIECES)).join(random.of(["", " "]));
}

/** The value, or which kind of error; any other error is thrown on. */
function outcome(work: () => unknown): unknown {
  try {
    return comparable(work());
  } catch (error) {
    if (error instanceof EvaluationError) return "row error";
    throw error;
  }
}

function comparable(value: unknown): unknown {
  if (value instanceof Special) return [value.typeName, comparable(value.toJson(rt.string))];
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
}

const HOOKS = {
  ...eventAccess,
  equals: (field: string, literal: string) => `event.${field} === ${JSON.stringify(literal)}`,
};

/** Generated code gives what walking the tree gives. Says whether the expression compiled. */
export function checkExpression(random: Random): boolean {
  const text = randomExpression(random);
  const event = randomEvent(random);
  const mode = random.of<ExpressionMode>(["filter", "stateless", "value"]);
  const fields = random.below(2) === 0 ? FIELDS : null;
  let checked;
  try {
    checked = compileExpression(text, fields, mode);
  } catch (error) {
    assert.ok(error instanceof ExpressionError, `${text}: ${error}`);
    assert.ok(error.position >= 0 && error.position <= text.length, text);
    return false;
  }
  const js = generate(checked, HOOKS);
  const expected = outcome(() => {
    const value = evaluate(checked.tree, event);
    if (mode === "filter" && typeof value !== "boolean") throw new EvaluationError("bool");
    return value;
  });
  const got = outcome(() => runText(js, event));
  if (expected !== got) {
    assert.deepEqual(got, expected, `${text}\n${mode} ${fields !== null} ${JSON.stringify(event)}\n${js}`);
  }
  return true;
}

/** Any text compiles to JavaScript that parses, or is refused with a position. */
export function checkNoise(random: Random): void {
  const text = randomNoise(random);
  try {
    const js = generate(compileExpression(text, random.below(2) === 0 ? FIELDS : null, "stateless"), eventAccess);
    new Function("rt", "event", `return ${js}`);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw new Error(`${JSON.stringify(text)}: ${error}`, { cause: error });
    assert.ok(error.position >= 0 && error.position <= text.length, text);
  }
}
