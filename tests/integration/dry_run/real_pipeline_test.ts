/** What a dry run says of events is what a running pipeline does to them. */
import assert from "node:assert/strict";
import { apiRequest, connectionParams, runSql, waitFor } from "../../../cli/client.ts";
import { withSystem } from "../../system/bed.ts";
import { dedup, type DryRunAnswer, filter, logs, PATH, stage, stateless } from "./bed.ts";

const ID = "dry-and-real";

const record = (n: number) => ({
  timeUnixNano: String(1_767_225_600_000_000_000n + BigInt(n)),
  severityNumber: n % 24,
  body: { stringValue: n % 7 === 0 ? "none" : String(n * 37) },
  attributes: [{ key: "id", value: { stringValue: `key ${n % 50}` } }, { key: "n", value: { intValue: String(n) } }],
});

const request = (from: number, to: number) => ({
  resourceLogs: [{
    resource: { attributes: [{ key: "service.name", value: { stringValue: `svc-${from}` } }] },
    scopeLogs: [{ logRecords: Array.from({ length: to - from }, (_, i) => record(from + i)) }],
  }],
});

interface Ledger {
  readonly accepted: number;
  readonly written: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly dead_lettered: number;
}

Deno.test("a dry run and the running pipeline agree on rows, counts and dead letters", async () => {
  await withSystem({}, async ({ system }) => {
    const table = "dry_and_real";
    await runSql(
      system.clickhouse,
      `CREATE TABLE ${table} (at DateTime64(9, 'UTC'), service LowCardinality(String), number UInt16, ` +
        "attributes Map(String, String)) ENGINE = MergeTree ORDER BY at",
    );
    const base = logs(
      [["at", "DateTime64"], ["service", "String"], ["number", "UInt16"], ["attributes", "Map(String, String)"]],
      filter("severity_number >= 5"),
      filter('attributes["n"] != "31"'),
      dedup("attributes.id"),
      stateless(
        ["at", "string", "timestamp"],
        ["service", "string", 'resource_attributes["service.name"]'],
        ["text", "string", "body"],
        ["attributes", "map", "attributes"],
      ),
      stateless(
        ["at", "string", "at"],
        ["service", "string", "upper(service)"],
        ["number", "int", "int(text) * 40"],
        ["attributes", "map", "attributes"],
      ),
    );
    const pipeline = {
      ...base,
      pipeline_id: ID,
      sink: {
        ...base.sink as object,
        table,
        max_delay_time: "100ms",
        connection_params: connectionParams(system.clickhouse),
      },
    };
    const events = [request(0, 40), request(40, 80), record(80)];
    const told = await apiRequest(system.apiUrl, "POST", PATH, { pipeline, events, types: "table" }) as DryRunAnswer;

    await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline", pipeline);
    for (const event of [events[0], events[1], { resourceLogs: [{ scopeLogs: [{ logRecords: [events[2]] }] }] }]) {
      const response = await fetch(`${system.otlpUrl}/v1/logs`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-glassflow-pipeline-id": ID },
        body: JSON.stringify(event),
      });
      assert.equal(response.status, 200, await response.text());
    }
    const ledger = await waitFor(
      async () => await apiRequest(system.apiUrl, "GET", `/api/v1/pipeline/${ID}/ledger`) as Ledger,
      ({ accepted, written, filtered, deduplicated, dead_lettered }) =>
        accepted === told.records && written + filtered + deduplicated + dead_lettered === accepted,
      60_000,
      "every record to have its fate",
    );
    const dropped = (name: string) =>
      told.stages.filter((each) => each.stage === name).reduce((sum, each) => sum + each.dropped.length, 0);
    const dead = told.stages.flatMap((each) => each.dead_lettered);
    assert.deepEqual(
      [ledger.written, ledger.filtered, ledger.deduplicated, ledger.dead_lettered],
      [told.rows.length, dropped("filter"), dropped("dedup"), dead.length],
    );
    assert.ok(told.rows.length > 0 && dropped("filter") > 1 && dropped("dedup") > 0);
    assert.ok(stage(told, "stateless", 1).dead_lettered.length > 0 && stage(told, "convert").dead_lettered.length > 0);

    const settings = "SETTINGS date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 0";
    const written = await runSql(
      system.clickhouse,
      `SELECT at, attributes, number, service FROM ${table} ORDER BY at FORMAT JSONEachRow ${settings}`,
    );
    // The engine writes all nine digits of a fraction.
    const rows = written.trim().split("\n").map((line) => JSON.parse(line.replace(/(\.\d*[1-9])0*Z/, "$1Z")));
    assert.deepEqual(rows, told.rows.map(({ row }) => row));

    const letters = await apiRequest(
      system.apiUrl,
      "GET",
      `/api/v1/pipeline/${ID}/dlq/consume?batch_size=1000`,
    ) as Record<
      string,
      unknown
    >[];
    const shown = ({ component, error, original_message }: Record<string, unknown>) =>
      JSON.stringify([component, error, original_message]);
    assert.deepEqual(letters.map(shown).sort(), dead.map((each) => shown({ ...each })).sort());
  });
});
