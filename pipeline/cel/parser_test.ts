import assert from "node:assert/strict";
import { CelSyntaxError } from "./errors.ts";
import { parseCel } from "./parser.ts";
import type { CelNode } from "./syntax.ts";

/** The tree with every operator in parentheses. */
function shown(node: CelNode): string {
  switch (node.kind) {
    case "literal":
      return node.literal.type === "null" ? "null" : String(node.literal.value);
    case "ident":
      return node.name;
    case "select":
      return `${shown(node.object)}.${node.field}`;
    case "index":
      return `${shown(node.object)}[${shown(node.index)}]`;
    case "call": {
      const receiver = node.receiver === null ? "" : `${shown(node.receiver)}.`;
      return `${receiver}${node.name}(${node.args.map(shown).join(", ")})`;
    }
    case "unary":
      return `(${node.op}${shown(node.operand)})`;
    case "binary":
      return `(${shown(node.left)} ${node.op} ${shown(node.right)})`;
    case "logic":
      return `(${node.operands.map(shown).join(` ${node.op} `)})`;
    case "conditional":
      return `(${shown(node.test)} ? ${shown(node.then)} : ${shown(node.otherwise)})`;
    case "list":
      return `[${node.elements.map(shown).join(", ")}]`;
    case "map":
      return `{${node.entries.map(({ key, value }) => `${shown(key)}: ${shown(value)}`).join(", ")}}`;
  }
}

const TREES: readonly [text: string, tree: string][] = [
  ["1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"],
  ["a && b || c && d", "((a && b) || (c && d))"],
  ["a || b || c", "(a || b || c)"],
  ["a < b == c", "((a < b) == c)"],
  ["a == b == c != d", "(((a == b) == c) != d)"],
  ["a + 1 in b && c", "(((a + 1) in b) && c)"],
  ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
  ["a ? (b ? c : d) : e", "(a ? (b ? c : d) : e)"],
  ["!a.b[c].d(e, f)[g]", "(!a.b[c].d(e, f)[g])"],
  ["-x - -1", "((-x) - -1)"],
  ["- -1", "(--1)"],
  ["-9223372036854775808", "-9223372036854775808"],
  ["(a).b", "a.b"],
  ["f(x).y[0]", "f(x).y[0]"],
  ['"s".size() + [1, 2].map(x, x)[0]', "(s.size() + [1, 2].map(x, x)[0])"],
  ["{a: 1, b ? c : d: 2,}.x", "{a: 1, (b ? c : d): 2}.x"],
  ["inner in trueish", "(inner in trueish)"],
  ["1.5.x", "1.5.x"],
  ["`host-name` == .x", "(host-name == x)"],
  ["a.if.in_ // comment", "a.if.in_"],
];

for (const [text, tree] of TREES) {
  Deno.test(`tree of ${text}`, () => assert.equal(shown(parseCel(text)), tree));
}

const MISTAKES: readonly [text: string, position: number, message: RegExp][] = [
  ["", 0, /ends/],
  ["a +", 3, /a value is missing: the expression ends/],
  ["a b", 2, /an operator is missing: "b"/],
  ["(a", 2, /"\)" is missing/],
  ["a)", 1, /an operator is missing/],
  ["[1, 2", 5, /"," or "]" is missing/],
  ["{1: 2 3: 4}", 6, /"," or "}"/],
  ["f(a,)", 4, /a value is missing/],
  ["a ? b", 5, /":" of the conditional/],
  ["a ? b ? c : d : e", 6, /parentheses/],
  ["a.?b", 2, /optional/],
  ["a[?b]", 2, /optional/],
  ["T{x: 1}", 1, /messages/],
  ["a = 1", 2, /write ==/],
  ["a & b", 2, /write &&/],
  ["!-a", 1, /parentheses/],
  ["if", 0, /reserved/],
  ['"abc', 0, /no closing "/],
  ["'a\nb'", 0, /triple-quoted/],
  [String.raw`"\q"`, 1, /no escape sequence/],
  [String.raw`b"\u00e9"`, 2, /no escape sequence/],
  [String.raw`"\ud800"`, 1, /no Unicode character/],
  ["9223372036854775808", 0, /out of range/],
  ["18446744073709551616u", 0, /out of range/],
  ["1e999", 0, /out of range/],
  ["a # b", 2, /unexpected "#"/],
];

for (const [text, position, message] of MISTAKES) {
  Deno.test(`mistake in ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseCel(text), (error) => {
      assert.ok(error instanceof CelSyntaxError);
      assert.match(error.message, message);
      assert.equal(error.position, position);
      return true;
    });
  });
}

Deno.test("hostile text is refused, not fatal", () => {
  const many = 30_000;
  const texts = ["(", "[", "{a:", "f(", "-", "!", "a?b:", "a?", "a.", "a[", "1+", "a<", "a&&(", "'''", "x.map(y,"]
    .flatMap((part) => [part.repeat(many), `${part.repeat(many)}1`]);
  const closed = ["()", "[]"].map(([open, close]) => `${open.repeat(5_000)}1${close.repeat(5_000)}`);
  for (
    const text of [...texts, ...closed, "1".repeat(200_000), `${"1+".repeat(19_000)}1`, `[${"1,".repeat(15_000)}]`]
  ) {
    assert.throws(() => parseCel(text), CelSyntaxError, text.slice(0, 20));
  }
});

Deno.test("what the limits allow is read", () => {
  const deep = (open: string, close: string) => open.repeat(240) + "1" + close.repeat(240);
  for (const text of [deep("(", ")"), deep("[", "]"), deep("{1:", "}"), `${"a ? b : ".repeat(240)}c`]) parseCel(text);
  assert.equal(parseCel(`${"a && ".repeat(5_000)}b`).kind, "logic");
});
