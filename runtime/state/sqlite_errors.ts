/** SQLite's errors as named ones. */
import Database from "better-sqlite3";
import { StateFileCorrupt, StateVolumeFailed, StateVolumeFull } from "./errors.ts";

const CORRUPT = /^SQLITE_(CORRUPT|NOTADB)/;
/** No room: also where the shared-memory file of the log cannot grow. */
const FULL = /^SQLITE_(FULL|IOERR_SHMSIZE)/;
const FAILED = /^SQLITE_(IOERR|CANTOPEN|READONLY|PERM|BUSY|LOCKED|PROTOCOL|AUTH)/;

/** The named error for what a call on the file at `path` threw; errors that are not SQLite's stay as they are. */
export function namedError(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const options = { cause: error };
  if (CORRUPT.test(error.code)) return new StateFileCorrupt(path, error.message, options);
  if (FULL.test(error.code)) return new StateVolumeFull(path, options);
  if (FAILED.test(error.code)) return new StateVolumeFailed(path, error.message, options);
  return error;
}
