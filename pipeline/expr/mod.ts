// The expression compiler: text → checked tree → JavaScript text.
export type { Checked, CheckedExpression } from "./checked.ts";
export { compileExpression } from "./compile.ts";
export { convertOutput, outputJson } from "./convert.ts";
export { ConversionError, EvaluationError, ExpressionError } from "./errors.ts";
export { type FieldAccess, generate } from "./generate.ts";
export type { ExpressionMode, FieldDeclaration, FieldType, StaticType } from "./types.ts";
