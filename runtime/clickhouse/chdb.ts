/** The part of the `chdb` package the embedded server uses, typed. */
import { drainPending, Session } from "chdb";

export { drainPending, Session };

/** An error of the engine's binding; `clickhouseCode` is missing when the engine gave none. */
export function isChdbFailure(error: unknown): error is Error & { code: string; clickhouseCode?: number } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("CHDB_");
}
