/** The configuration does not fit the table, or itself; the message names both sides and says what to change. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  readonly code = "PLAN_ERROR";
  readonly retryable = false;
}
