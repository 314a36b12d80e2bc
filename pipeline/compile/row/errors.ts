/** A row's value does not fit its column; the message is what the dead letter shows. */
export class RowError extends Error {
  override readonly name = "RowError";
}

/** The original's spelling: `value out of range of int8: 300`. */
export function outOfRange(type: string, value: unknown): RowError {
  return new RowError(`value out of range of ${type}: ${value}`);
}
