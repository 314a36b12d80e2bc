/** The types of a pipeline's real table, where a dry run is to use them. */
import type { TableColumn } from "../../pipeline/compile/mod.ts";
import type { PipelineConfig } from "../../pipeline/config/mod.ts";
import { targetAddress } from "../../runtime/local/pipeline_runner.ts";
import { connectTarget, errorText } from "../../runtime/target/client.ts";
import { describeTable } from "../../runtime/target/table.ts";

const WITHIN_MS = 4_000;

/** The table cannot be looked at; the message says why, and holds no credential. */
export class TableNotRead extends Error {
  override readonly name = "TableNotRead";
}

/** @throws {TableNotRead} */
export async function readTable(config: PipelineConfig): Promise<readonly TableColumn[]> {
  const address = targetAddress(config);
  const { connection_params: { database }, table } = config.sink;
  const client = connectTarget(address, WITHIN_MS);
  try {
    const found = await describeTable(client, database, table);
    if (found) return found.columns;
  } catch (cause) {
    throw new TableNotRead(`${errorText(cause, address)}; leave out "types" to use the mapping's types`, { cause });
  } finally {
    await client.close();
  }
  throw new TableNotRead(`table ${database}.${table} does not exist; leave out "types" to use the mapping's types`);
}
