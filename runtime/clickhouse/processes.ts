/**
 * Running queries under the ids their clients gave them.
 *
 * The engine chooses query ids itself. Each query carries its client's id in the setting `log_comment`, which
 * `system.processes` shows; these texts turn it back into `query_id`, and add the queries that wait for a slot.
 */
import { literal } from "./sql_text.ts";

const MARK = "query_id=";

export interface Listed {
  readonly id: string;
  readonly text: string;
  readonly waiting: boolean;
}

/** The `log_comment` of a query; the client's own comment is kept after it. */
export function commentFor(id: string, comment: string): string {
  return `${MARK}${id}\n${comment}`;
}

const COMMENT = "Settings['log_comment']";
const CLIENT_ID = `if(startsWith(${COMMENT}, '${MARK}'), ` +
  `substringUTF8(splitByChar('\\n', ${COMMENT})[1], ${MARK.length + 1}), query_id)`;

/**
 * What stands in for the table `system.processes`. The engine forgets a query only when its session closes; queries that
 * have ended already (they are not in `known`) are left out.
 */
export function processesTable(known: readonly Listed[]): string {
  const ids = known.map((entry) => literal(entry.id)).join(", ");
  const running = `SELECT * REPLACE (${CLIENT_ID} AS query_id, ${CLIENT_ID} AS initial_query_id) FROM ` +
    `(SELECT * FROM system.processes WHERE NOT startsWith(${COMMENT}, '${MARK}') OR ${CLIENT_ID} IN (${ids || "''"}))`;
  const waiting = known.filter((entry) => entry.waiting);
  if (waiting.length === 0) return `(${running})`;
  const pairs = waiting.map((entry) => `(${literal(entry.id)}, ${literal(entry.text)})`).join(", ");
  // A waiting query takes the columns of any running one (the asking one is always there), with nothing done yet.
  const queued = `SELECT * EXCEPT pair REPLACE (pair.1 AS query_id, pair.1 AS initial_query_id, pair.2 AS query, ` +
    `0. AS elapsed, toUInt64(0) AS read_rows, toUInt64(0) AS read_bytes, toUInt64(0) AS written_rows) ` +
    `FROM (SELECT *, arrayJoin([${pairs}]) AS pair FROM (SELECT * FROM system.processes LIMIT 1))`;
  return `(${running} UNION ALL ${queued})`;
}

/** Running queries a condition of KILL QUERY chooses, with the engine's ids; never the asking one. */
export function rowsToKill(condition: string): string {
  return `SELECT engine_query_id, query_id, query FROM (` +
    `SELECT * REPLACE (${CLIENT_ID} AS query_id) FROM ` +
    "(SELECT *, query_id AS engine_query_id FROM system.processes WHERE query_id != queryID())" +
    `) WHERE ${condition === "" ? "1" : condition}`;
}

/** KILL QUERY's answer. */
export function killedRows(killed: readonly Listed[], status: "finished" | "waiting"): string {
  const rows = killed.map((entry) => `(${literal(status)}, ${literal(entry.id)}, 'default', ${literal(entry.text)})`);
  return "SELECT row.1 AS kill_status, row.2 AS query_id, row.3 AS user, row.4 AS query FROM " +
    `(SELECT arrayJoin(CAST([${rows.join(", ")}], 'Array(Tuple(String, String, String, String))')) AS row)`;
}
