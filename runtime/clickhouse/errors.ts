/** ClickHouse errors as they travel over HTTP: code, text, and the status a code has. */
import { isChdbFailure } from "./chdb.ts";

/** An error in ClickHouse's form: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
export class ClickHouseException extends Error {
  override readonly name = "ClickHouseException";
  readonly code: number;
  constructor(code: number, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}

export function exception(code: number, type: string, message: string): ClickHouseException {
  return new ClickHouseException(code, `Code: ${code}. DB::Exception: ${message}. (${type})`);
}

/** Turns whatever was thrown into ClickHouse's form. The engine sometimes wraps an error in itself; one layer is kept. */
export function asException(error: unknown): ClickHouseException {
  if (error instanceof ClickHouseException) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (isNoSpace(error)) {
    return new ClickHouseException(
      243,
      `Code: 243. DB::Exception: The disk is full: free space for the data directory (${text}). (NOT_ENOUGH_SPACE)`,
      { cause: error },
    );
  }
  const nested =
    /^Code: \d+\. DB::Exception: (Code: \d+\. DB::Exception: [^]*?)(?: \(version [^)]*\))?\.? \([A-Z_0-9]+\)$/
      .exec(text);
  const plain = nested?.[1] ?? text;
  const code = Number(/^Code: (\d+)\./.exec(plain)?.[1] ?? (isChdbFailure(error) ? error.clickhouseCode : 0) ?? 0);
  if (code > 0) return new ClickHouseException(code, plain, { cause: error });
  return new ClickHouseException(1002, `Code: 1002. DB::Exception: ${text}. (UNKNOWN_EXCEPTION)`, { cause: error });
}

function isNoSpace(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || (error instanceof Error && /os error 28|No space left on device/.test(error.message));
}

const STATUS: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [401, [194]],
  [403, [192, 193, 497, 516]],
  // Unknown function, identifier, type, table, database, setting, format, storage, user-defined type, and the like.
  [404, [46, 47, 50, 56, 60, 63, 73, 75, 81, 82, 115, 205, 456, 457]],
  // What the client wrote cannot be read or does not fit.
  [400, [6, 23, 25, 26, 27, 28, 32, 33, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 117, 130, 131, 164, 349, 428, 467]],
  [413, [307]],
  [501, [48]],
  [503, [202, 210]],
];

/** The HTTP status of an error code: 4xx when the request is at fault, 500 otherwise. */
export function httpStatus(code: number): number {
  return STATUS.find(([, codes]) => codes.includes(code))?.[0] ?? 500;
}
