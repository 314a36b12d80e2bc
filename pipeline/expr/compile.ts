// Text to checked expression: the front door of the compiler.
import type { CheckedExpression } from "./checked.ts";
import { check } from "./checker.ts";
import { ExpressionError } from "./errors.ts";
import { parse } from "./parser.ts";
import { DeclaredFields } from "./scope.ts";
import type { ExpressionMode, FieldDeclaration } from "./types.ts";

/**
 * Parses and checks an expression.
 *
 * `fields` are the declared fields; a name that is not among them is an error. `null` means there is no schema:
 * every name is a field of unknown type (nil when the event has none). In filters every number is a float and the
 * custom functions do not exist; in stateless mode fields declared as integers may be used where integers are wanted.
 *
 * @throws ExpressionError with the position of what is wrong
 * @example compileExpression('severity_number >= 9 and attributes["env"] == "prod"', fields, "filter")
 */
export function compileExpression(
  text: string,
  fields: readonly FieldDeclaration[] | null,
  mode: ExpressionMode,
): CheckedExpression {
  if (text.trim() === "") throw new ExpressionError("the expression is empty", 0);
  return check(parse(text), new DeclaredFields(fields, mode === "stateless"), mode);
}
