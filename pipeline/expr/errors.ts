// Errors of the expression language: one for text that cannot be compiled, one for a row that cannot be evaluated.

/** Messages name parts of the expression, which may be as long as a request. */
const LONGEST_MESSAGE = 500;

/** The expression text is wrong. `position` is the 0-based character offset of the part that is. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly position: number;

  constructor(message: string, position: number) {
    super(message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE).toWellFormed()}…` : message);
    this.position = position;
  }
}

/** The expression is right but this row's values do not fit it; the row belongs in the dead-letter queue. */
export class EvaluationError extends Error {
  override readonly name: string = "EvaluationError";
}

/** The evaluation used more than it may. */
export class BudgetExceeded extends EvaluationError {
  override readonly name = "BudgetExceeded";
}

/** The expression's result does not fit the declared output type. */
export class ConversionError extends EvaluationError {
  override readonly name = "ConversionError";
}
