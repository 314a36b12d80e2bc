/** Frozen baseline: the engine reads a Native file by itself; nothing but the statement travels. */
import type { ClickHouseClient } from "@clickhouse/client";

export async function insertFromFile(client: ClickHouseClient, table: string, file: string): Promise<void> {
  await client.command({
    query: `INSERT INTO ${table} SELECT * FROM file('${file}', Native)`,
    clickhouse_settings: {
      insert_deduplicate: 1,
      insert_deduplication_token: crypto.randomUUID(),
      max_insert_block_size: "1048576",
    },
  });
}
