/**
 * A plan that is so old that its token may be forgotten is not replayed blindly: the server's query log is asked whether the
 * insert ran. Where that cannot tell, a person decides; until then the lane is blocked and nothing is lost or doubled.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import { PipelineError } from "../../runtime/errors.ts";
import { errorCode } from "../../runtime/target/client.ts";

/** Half of the hour for which servers keep tokens. */
export const TRUSTED_MS = 30 * 60_000;

/** Whether a batch is in the table cannot be known; names both ways out. */
export class PlanUncertain extends PipelineError {
  override readonly name = "PlanUncertain";
  readonly code = "UNCERTAIN";
  readonly retryable = false;
  constructor(rows: number, table: string, startedAt: number) {
    super(
      `uncertain: whether ${rows} rows that were sent to ${table} at ${new Date(startedAt).toISOString()} are in the ` +
        "table cannot be known any more, because the insert is older than what ClickHouse surely remembers and " +
        'system.query_log does not tell. Look into the table, then decide: "insert" writes them again ' +
        '(they are there twice if they were stored), "skip" takes them as written (they are missing if they were not)',
    );
  }
}

/** What the log says of all attempts under one query id. */
export interface LoggedAttempts {
  readonly finished: number;
  readonly started: number;
  readonly failed: number;
  readonly written: number;
}

/** `stored`, `absent` (every attempt failed and wrote nothing), or `unknown`. */
export function judge({ finished, started, failed, written }: LoggedAttempts): "stored" | "absent" | "unknown" {
  if (finished > 0) return "stored";
  return started > 0 && failed >= started && written === 0 ? "absent" : "unknown";
}

/** Asks the server's log. A log that cannot be read tells nothing; rejects when the server does not answer. */
export async function lookUp(client: ClickHouseClient, queryId: string): Promise<"stored" | "absent" | "unknown"> {
  try {
    await client.command({ query: "SYSTEM FLUSH LOGS" });
  } catch (error) {
    if (errorCode(error) === null) throw error; // not granted: what is written already must do
  }
  try {
    const result = await client.query({
      query: "SELECT toUInt32(countIf(type = 'QueryFinish')) AS finished, toUInt32(countIf(type = 'QueryStart')) AS " +
        "started, toUInt32(countIf(type = 'ExceptionWhileProcessing')) AS failed, toFloat64(sum(written_rows)) AS " +
        "written FROM system.query_log WHERE query_id = {id:String}",
      query_params: { id: queryId },
      format: "JSONEachRow",
    });
    const [found] = await result.json<LoggedAttempts>();
    return judge(found);
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return "unknown"; // no such log, or no right to read it
  }
}
