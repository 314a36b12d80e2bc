/** Errors of the Native format. Each message says what was wrong, where, and what to do about it. */

/** A column type this product cannot carry. */
export class UnsupportedType extends Error {
  override readonly name = "UnsupportedType";
  readonly code = "unsupported_type";
  constructor(readonly type: string, reason: string) {
    super(`column type ${JSON.stringify(clip(type))} is not supported: ${reason}`);
  }
}

/** Bytes that are not a Native block: truncated, a length that lies, an unknown type. Retrying cannot help. */
export class MalformedBlock extends Error {
  override readonly name = "MalformedBlock";
  readonly code = "malformed_block";
  readonly retryable = false;
  constructor(readonly what: string, readonly offset: number, readonly column?: string, options?: ErrorOptions) {
    const where = column === undefined ? "" : ` in column ${JSON.stringify(clip(column))}`;
    super(`malformed Native block: ${what}${where} at byte ${offset}`, options);
  }
}

/** A text that is no value of the column's type. The row is dead, its neighbours are not. Never holds the value. */
export class ConvertError extends Error {
  override readonly name = "ConvertError";
  readonly code = "convert_error";
  constructor(readonly type: string, reason: string) {
    super(`cannot convert to ${clip(type)}: ${reason}`);
  }
}

function clip(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`;
}
