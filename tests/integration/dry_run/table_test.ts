import assert from "node:assert/strict";
import { withApi } from "../../../handlers/api/api_bed.ts";
import { sink } from "../../../pipeline/config/sample_configs.ts";
import { type ClickHouseForTest, withClickHouse } from "../../services/mod.ts";
import { dryRun, event, kafka, refusal } from "./bed.ts";

async function run({ url, user, password }: ClickHouseForTest, sql: string): Promise<void> {
  const headers = { "X-ClickHouse-User": user, "X-ClickHouse-Key": password };
  const response = await fetch(url, { method: "POST", body: sql, headers });
  assert.equal(response.status, 200, await response.text());
}

function pipelineInto({ url, user, password, database }: ClickHouseForTest, table: string): Record<string, unknown> {
  const { hostname, port } = new URL(url);
  const base = kafka([["id", "Enum8"], ["n", "DateTime64"], ["price", "Float64"]]);
  return {
    ...base,
    sink: sink({
      ...base.sink as object,
      table,
      connection_params: {
        host: hostname,
        port: "9000",
        http_port: port,
        database,
        username: user,
        password,
        secure: false,
      },
    }),
  };
}

Deno.test("the types of a real table are used on request, with what only they know", async () => {
  await withClickHouse(async (clickhouse) => {
    await run(
      clickhouse,
      `CREATE TABLE ${clickhouse.database}.tried (id Enum8('a' = 1, 'b' = 2), n DateTime64(3, 'UTC'), price Float32, ` +
        "more UInt8 DEFAULT 1) ENGINE = MergeTree ORDER BY id",
    );
    await withApi(async (bed) => {
      const pipeline = pipelineInto(clickhouse, "tried");
      const events = [event({ n: 1_767_225_600 }), event({ id: "c" }), event({ price: 1e39 })];
      const answer = await dryRun(bed, pipeline, events, { types: "table" });
      assert.deepEqual(answer.columns.map(({ name, type }) => [name, type]), [
        ["id", "Enum8('a' = 1, 'b' = 2)"],
        ["n", "DateTime64(3, 'UTC')"],
        ["price", "Float32"],
      ]);
      assert.deepEqual(answer.rows, [{ event: 0, row: { id: "a", n: "2026-01-01T00:00:00Z", price: 1.5 } }]);
      assert.match(await refusal(bed, { pipeline, events }), /only the table knows/);
      const gone = { pipeline: pipelineInto(clickhouse, "gone"), events, types: "table" };
      assert.match(await refusal(bed, gone), /table \w+\.gone does not exist/);
    });
  });
});
