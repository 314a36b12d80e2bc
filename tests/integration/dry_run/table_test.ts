import assert from "node:assert/strict";
import { connectionParams, runSql } from "../../../cli/client.ts";
import { withApi } from "../../../handlers/api/api_bed.ts";
import { sink } from "../../../pipeline/config/sample_configs.ts";
import { type ClickHouseForTest, withClickHouse } from "../../services/mod.ts";
import { dryRun, event, kafka, refusal } from "./bed.ts";

function pipelineInto(clickhouse: ClickHouseForTest, table: string): Record<string, unknown> {
  const base = kafka([["id", "Enum8"], ["n", "DateTime64"], ["price", "Float64"]]);
  const connection_params = { ...connectionParams(clickhouse), database: clickhouse.database };
  return { ...base, sink: sink({ ...base.sink as object, table, connection_params }) };
}

Deno.test("the types of a real table are used on request, with what only they know", async () => {
  await withClickHouse(async (clickhouse) => {
    await runSql(
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
