/** The law of retries: what an answer of ClickHouse means for the rows, the pipeline and the person who looks at it. */

/** `row`: some row of the block is to blame. `target`: a person must mend the target. `transient`: wait and try again. */
export type InsertFault = "row" | "target" | "transient";

/** https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
const ROW_CODES = new Set([6, 27, 38, 41, 69, 70, 72, 117, 131, 153, 190, 321, 349, 395, 407, 469, 691]);
const TARGET_CODES = new Set([
  16,
  20,
  36,
  44,
  47,
  48,
  53,
  60,
  62,
  80,
  81,
  82,
  115,
  164,
  192,
  193,
  194,
  195,
  291,
  392,
  497,
  516,
]);

/**
 * A row that a materialized view behind the table cannot take is no row fault: the table itself may already have the block,
 * so that halves of it under other tokens would be doubled.
 */
export function classify(code: number | null, message = ""): InsertFault {
  if (code === null) return "transient";
  if (isViewFault(message)) return "target";
  if (ROW_CODES.has(code)) return "row";
  return TARGET_CODES.has(code) ? "target" : "transient";
}

const isViewFault = (message: string) => /while pushing to view/i.test(message);

/** What a person can do about an error of the target. */
export function advice(
  code: number | null,
  target: { database: string; table: string; url: string },
  message = "",
): string {
  if (isViewFault(message)) {
    return `change or drop the materialized view that cannot take a row of ${target.database}.${target.table}`;
  }
  switch (code) {
    case 60:
      return `create table ${target.database}.${target.table}, or edit the pipeline's sink.table; writing goes on by itself once it exists`;
    case 81:
      return `create database ${target.database}, or edit the pipeline's sink database`;
    case 16:
    case 20:
    case 47:
      return `bring the columns of ${target.database}.${target.table} back to those of the pipeline's mapping, or stop the pipeline and edit the mapping`;
    case 48:
      return `rows cannot be inserted into ${target.database}.${target.table}; put a table of a MergeTree engine in its place`;
    case 53:
      return `a column of ${target.database}.${target.table} changed its type: change it back, then writing goes on by itself; to change a type, stop the pipeline first and resume it afterwards`;
    case 192:
    case 193:
    case 194:
    case 516:
      return "check the user name and password in sink.connection_params";
    case 497:
      return `GRANT INSERT, SELECT ON ${target.database}.${target.table} to the pipeline's user`;
    case 164:
      return "the user or server is read-only: give the pipeline a user that may insert";
    case 243:
      return "the ClickHouse server has no disk space left: free some; writing goes on by itself";
    case 242:
      return "the table is read-only for now (check the server's keeper connection)";
    case null:
      return `check that ClickHouse runs and that ${target.url} is its HTTP port`;
    default:
      return "writing is tried again by itself";
  }
}
