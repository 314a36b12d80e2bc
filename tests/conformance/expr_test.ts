/** Every case of the expr suite gives what expr-lang gives, or what docs/expressions.md says instead. */
import assert from "node:assert/strict";
import {
  type CheckedExpression,
  compileExpression,
  EvaluationError,
  ExpressionError,
  type FieldDeclaration,
} from "../../pipeline/expr/mod.ts";
import { evaluateChecked, readCases, sameValue } from "./expr/suite.ts";
import { suite } from "./expr.ts";
import { dataFiles } from "./suite.ts";

Deno.test("expr gives what expr-lang gives", async () => {
  const { passed, failures } = await suite.run([]);
  assert.deepEqual(failures, []);
  assert.ok(passed > 2_500);
});

Deno.test("with declared fields an expression that compiles gives the same", () => {
  let same = 0;
  for (const each of dataFiles("expr").flatMap(readCases)) {
    const { expression, env = {}, mode = "value" } = each;
    if (each.error !== undefined) continue;
    const fields = Object.entries(env).map(declarationOf);
    // an event's null says nothing of its field's type, and what is not declared cannot be read
    if (fields.some((field) => field === null)) continue;
    let checked: CheckedExpression;
    try {
      checked = compileExpression(expression, fields as FieldDeclaration[], mode);
    } catch (error) {
      assert.ok(error instanceof ExpressionError, `${expression}: ${error}`);
      continue;
    }
    try {
      assert.ok(sameValue(each.result, evaluateChecked(checked, env)), expression);
    } catch (error) {
      if (error instanceof EvaluationError) assert.fail(`${expression}: ${error.message}`);
      throw error;
    }
    same++;
  }
  assert.ok(same > 1_200, String(same));
});

function declarationOf([name, value]: [string, unknown]): FieldDeclaration | null {
  if (value === null) return null;
  const type = Array.isArray(value) ? "array" : typeof value === "object" ? "map" : typeof value;
  return { name, type: type === "number" ? "float" : type === "boolean" ? "bool" : type as "string", nullable: false };
}

Deno.test("cases of further files are counted, whatever their language", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const cases = [
    { expression: "n + 1", env: { n: 9007199254740992 }, result: 9007199254740992 },
    { expression: "n + 1", env: { n: 1 }, result: 3 },
    { expression: "toInt('5')", env: {}, result: 5 },
    { expression: "missing.x", env: {}, error: true },
    { expression: "1", env: {}, error: "any text" },
    { language: "cel", expression: "[1, 2].exists(x, x > 1)", env: {}, result: true },
    { language: "cel", expression: "1 + 1", env: {}, result: 3 },
  ];
  try {
    await Deno.writeTextFile(file, JSON.stringify(cases));
    const { failures } = await suite.run([file]);
    assert.deepEqual(failures.map(({ name }) => name.trim()), ['n + 1  on {"n":1}', "1", "1 + 1"]);
  } finally {
    await Deno.remove(file);
  }
});
