import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonTextFault } from "./text_fault.ts";

Deno.test("the place of what is no JSON, counted from 1", () => {
  const cases: [text: string, line: number, column: number, message: RegExp][] = [
    ["{", 1, 2, /ends too early/],
    ['{"a": NaN}', 1, 7, /expected a value/],
    ['{\n  "a": 1,\n}', 3, 1, /a key in double quotes/],
    ['{\r\n  "a": 1\r\n  "b": 2\r\n}', 3, 3, /',' or '}'/],
    ['{"é€😀": x}', 1, 10, /expected a value/],
    ['{"a": "b\nc"}', 1, 9, /control character/],
    ["{} {}", 1, 4, /behind the end/],
    ["'a'", 1, 1, /expected a value/],
    ["", 1, 1, /ends too early/],
  ];
  for (const [text, line, column, message] of cases) {
    const found = jsonTextFault(text);
    assert.deepEqual([found?.line, found?.column], [line, column], text);
    assert.match(found!.message, message);
  }
});

Deno.test("finds a place exactly where JSON.parse refuses", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"',
    "1",
    "-",
    "1e5",
    "true",
    "nul",
    " ",
    "\n",
    "\\",
    "é",
  );
  fc.assert(fc.property(fc.oneof(fc.json(), fc.array(piece, { maxLength: 8 }).map((all) => all.join(""))), (text) => {
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(jsonTextFault(text) === null, valid);
  }));
});
