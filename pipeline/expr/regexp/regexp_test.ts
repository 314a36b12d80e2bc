import assert from "node:assert/strict";
import fc from "fast-check";
import { compilePattern, PatternError } from "./mod.ts";

const CASES: [pattern: string, yes: string[], no: string[]][] = [
  ["abc", ["xabcx"], ["ab"]],
  ["^abc$", ["abc"], ["abc\n", "xabc"]],
  ["^a", ["ab"], ["ba"]],
  ["a$", ["ba"], ["ab"]],
  ["", ["", "x"], []],
  ["a|b", ["a", "b"], ["c"]],
  ["^(ab)+$", ["abab"], ["aba", ""]],
  ["^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]],
  ["^a{2}$", ["aa"], ["aaa"]],
  ["^a{2,}$", ["aaaa"], ["a"]],
  ["a{,2}", ["a{,2}"], ["a"]],
  ["^a*?b$", ["aab", "b"], ["a"]],
  ["^.$", ["a", "é", "😀"], ["", "\n", "ab"]],
  ["(?s)^.$", ["\n"], []],
  ["(?m)^b$", ["a\nb\nc"], ["ab"]],
  ["(?i)straße", ["STRAßE"], ["STRASSE"]],
  ["(?i)^k$", ["K", "\u212a"], []],
  ["a(?i)b", ["aB"], ["AB"]],
  ["a(?i:b)c", ["aBc"], ["aBC"]],
  ["^[a-c]+$", ["abc"], ["d"]],
  ["^[^a-c]+$", ["xyz"], ["a"]],
  ["^[]a]$", ["]", "a"], ["b"]],
  ["^[a-]$", ["-"], ["b"]],
  ["^[[:alpha:]]$", ["x"], ["1"]],
  ["^[[:^alpha:]]$", ["1"], ["x"]],
  ["^\\d+\\s\\w$", ["12 a"], ["12a"]],
  ["^[\\d.]+$", ["1.2"], ["a"]],
  ["^\\D\\S\\W$", ["ab "], ["1b "]],
  ["\\bfoo\\b", ["a foo b"], ["food"]],
  ["\\Boo", ["foo"], ["oo"]],
  ["^\\p{Greek}+$", ["αβ"], ["a"]],
  ["^\\pL\\PL$", ["é1"], ["11"]],
  ["^\\x41\\x{1F600}\\n$", ["A😀\n"], ["A"]],
  ["\\Qa.b\\E", ["a.b"], ["axb"]],
  ["\\Aa\\z", ["a"], ["ab"]],
  ["(?P<x>a)(?<y>b)", ["ab"], ["a"]],
  ["(?i)^[^k]$", ["x"], ["k", "K", "\u212a"]],
  ["^(a|b|)c$", ["ac", "c"], ["dc"]],
];

Deno.test("patterns match as RE2 does", () => {
  for (const [pattern, yes, no] of CASES) {
    const matches = compilePattern(pattern);
    for (const text of yes) assert.ok(matches(text), `${pattern} should match ${JSON.stringify(text)}`);
    for (const text of no) assert.ok(!matches(text), `${pattern} should not match ${JSON.stringify(text)}`);
  }
});

Deno.test("what RE2 refuses is refused", () => {
  const wrong = ["(", ")", "a**", "*a", "[a", "[b-a]", "\\1", "(?=a)", "(?<!a)", "a{1001}", "\\p{Nope}", "\\", "\\y"];
  wrong.push("(?z)", "[[:nope:]]", "(".repeat(5000), "((a{1000}){1000}){1000}", "x{2,1}");
  for (const pattern of wrong) assert.throws(() => compilePattern(pattern), PatternError, pattern.slice(0, 20));
});

Deno.test("the patterns that ruin backtracking engines are linear", () => {
  const text = "a".repeat(50_000);
  for (const pattern of ["^(a+)+$", "(a*)*b", "(a|a)*b", "(a|aa)+$", "(.*)(.*)(.*)x", "((){1000}){1000}b"]) {
    compilePattern(pattern)(text);
  }
});

Deno.test("random patterns agree with the platform's engine", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$", "(a|b)", "(ab|)", "(?:a*b)");
  const piece = fc.tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{1,2}")).map(([body, count]) =>
    ["\\b", "^", "$"].includes(body) ? body : body + count
  );
  const pattern = fc.array(fc.oneof(piece, fc.constant("|")), { maxLength: 6 }).map((parts) => parts.join(""));
  const text = fc.array(fc.constantFrom("a", "b", "c", " ", "\n"), { maxLength: 8 }).map((chars) => chars.join(""));
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
      const ours = compilePattern(source);
      const theirs = new RegExp(source);
      for (const value of texts) assert.equal(ours(value), theirs.test(value), `${source} on ${JSON.stringify(value)}`);
    }),
    { numRuns: 1000 },
  );
});
