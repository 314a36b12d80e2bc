// Text that is no CEL expression, or one this product does not take. The message says what to write instead.
import { ExpressionError } from "../expr/errors.ts";

/** `position` is the 0-based character offset of what is wrong. */
export class CelSyntaxError extends ExpressionError {}
