/** The languages an expression may be written in. Each ends in the same checked tree, so nothing behind this knows which it was. */
import { compileCel } from "../cel/mod.ts";
import type { ExpressionLanguage } from "../config/mod.ts";
import { type CheckedExpression, compileExpression, type ExpressionMode, type FieldDeclaration } from "../expr/mod.ts";

/**
 * Parses and checks an expression; `fields` and `mode` as in {@link compileExpression}.
 *
 * @throws {ExpressionError} with the place of what is wrong
 */
export function compileIn(
  language: ExpressionLanguage,
  text: string,
  fields: readonly FieldDeclaration[] | null,
  mode: ExpressionMode,
): CheckedExpression {
  switch (language) {
    case "expr":
      return compileExpression(text, fields, mode);
    case "cel":
      return compileCel(text, fields, mode);
  }
}
