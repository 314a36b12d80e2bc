/**
 * Rows into the embedded ClickHouse: frames of 1 000 rows merged into Native blocks of 100 000 and written as the sink
 * writes them. Baseline: the same engine process reads the same block from a file by itself, which is the least that any
 * client can cost it. `value`: rows per second; `engine_cpu_ratio`: the engine's CPU time per row against that least.
 */
import type { ClickHouseClient } from "@clickhouse/client";
import { join } from "node:path";
import { Inserter } from "../handlers/sink/insert.ts";
import type { SinkProgram } from "../pipeline/compile/program.ts";
import { type BlockPart, BlockWriter, FixedWriter, mergeBlocks } from "../pipeline/native/mod.ts";
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from "../runtime/clickhouse/mod.ts";
import type { ClickHouseAddress } from "../runtime/stage.ts";
import { connectTarget } from "../runtime/target/client.ts";
import { insertFromFile } from "./baseline/engine_file_insert.ts";
import { EVENT_SHAPES, events } from "./events.ts";
import { significant, takeTurns } from "./measure.ts";
import type { Bench } from "./result.ts";

const ROWS_PER_FRAME = 1_000;
const FRAMES_PER_BLOCK = 100;
const ROWS_PER_BLOCK = ROWS_PER_FRAME * FRAMES_PER_BLOCK;
const BLOCKS_PER_ROUND = 10;
const USER = "bench";

const COLUMNS = [
  { name: "event_id", type: "String" },
  { name: "user_id", type: "Int64" },
  { name: "kind", type: "LowCardinality(String)" },
  { name: "amount", type: "Float64" },
  { name: "country", type: "LowCardinality(String)" },
  { name: "created_at", type: "DateTime64(3, 'UTC')" },
  { name: "note", type: "String" },
] as const;

const program: SinkProgram = {
  layout: "bench",
  columns: COLUMNS,
  database: "default",
  table: "bench_sink",
  maxBatchRows: ROWS_PER_BLOCK,
  maxDelayMs: 1_000,
};
const BASELINE_TABLE = "bench_file";

export const bench: Bench = {
  about: "Native blocks into the embedded ClickHouse against the engine reading a file itself",
  async run(note) {
    const folder = await Deno.makeTempDir({ prefix: "glassflow-bench-" });
    let server: EmbeddedClickHouse | undefined;
    let client: ClickHouseClient | undefined;
    try {
      note("making frames");
      const parts = makeFrames();
      const file = join(folder, "rows.native");
      await Deno.writeFile(file, mergeBlocks(COLUMNS, parts).block);
      note("starting the engine");
      const password = crypto.randomUUID();
      server = await startEmbeddedClickHouse({ dataDir: join(folder, "clickhouse"), user: USER, password });
      const address: ClickHouseAddress = {
        url: server.url,
        username: USER,
        password,
        skipCertificateVerification: false,
      };
      client = connectTarget(address);
      await createTables(client);
      const measured = await measure(client, address, server.pid, parts, file, note);
      const cpu = (name: keyof typeof measured) => measured[name].cpu("engine");
      const engine = cpu("ours"), least = cpu("baseline");
      return {
        value: Math.round(measured.ours.rate),
        unit: "rows/s",
        baseline: Math.round(measured.baseline.rate),
        ratio: significant(measured.ours.rate / measured.baseline.rate),
        cpu_seconds_per_million_events: {
          ours: measured.ours.perMillion("ours"),
          engine: measured.ours.perMillion("engine"),
          baseline: measured.baseline.perMillion("ours"),
          baseline_engine: measured.baseline.perMillion("engine"),
        },
        engine_cpu_ratio: engine === null || least === null ? null : significant(engine / least),
        mib_per_second: significant(measured.ours.mebibytesPerSecond),
        rows_per_block: ROWS_PER_BLOCK,
      };
    } finally {
      await client?.close();
      await server?.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function measure(
  client: ClickHouseClient,
  address: ClickHouseAddress,
  enginePid: number,
  parts: readonly BlockPart[],
  file: string,
  note: (text: string) => void,
) {
  const inserter = new Inserter({
    client,
    program,
    address,
    queryPrefix: "gf-bench-",
    confirm: () => Promise.resolve(),
    listener: {
      waiting: (reason) => reason !== null && note(reason),
      failed: (code, fault) => note(`an insert failed: code ${code}, ${fault}`),
    },
  });
  const { signal } = new AbortController();
  const processes = { ours: [Deno.pid], engine: [enginePid] };
  const emptyTables = async () => {
    for (const table of [program.table, BASELINE_TABLE]) await client.command({ query: `TRUNCATE TABLE ${table}` });
  };
  const measured = await takeTurns({
    ours: {
      prepare: emptyTables,
      processes,
      async run() {
        let bytes = 0;
        for (let i = 0; i < BLOCKS_PER_ROUND; i++) {
          const { block, rows } = mergeBlocks(COLUMNS, parts);
          const request = { block, rows, token: crypto.randomUUID(), startedAt: Date.now(), inDoubt: false };
          const outcome = await inserter.insert(request, signal);
          if (outcome !== null) throw new Error(`ClickHouse refuses the rows: ${outcome.refused}`);
          bytes += block.length;
        }
        return { events: BLOCKS_PER_ROUND * ROWS_PER_BLOCK, bytes };
      },
    },
    baseline: {
      processes,
      async run() {
        for (let i = 0; i < BLOCKS_PER_ROUND; i++) await insertFromFile(client, BASELINE_TABLE, file);
        return { events: BLOCKS_PER_ROUND * ROWS_PER_BLOCK };
      },
    },
  }, { rounds: 7, budgetMs: 35_000 });
  for (const table of [program.table, BASELINE_TABLE]) {
    const answer = await client.query({ query: `SELECT count() AS n FROM ${table}`, format: "JSONEachRow" });
    const [{ n }] = await answer.json<{ n: string | number }>();
    if (Number(n) !== BLOCKS_PER_ROUND * ROWS_PER_BLOCK) throw new Error(`${table} has ${n} rows`);
  }
  return measured;
}

/** Merges run at times of their own and would be counted on either side. */
async function createTables(client: ClickHouseClient): Promise<void> {
  const columns = COLUMNS.map(({ name, type }) => `${name} ${type}`).join(", ");
  for (const table of [program.table, BASELINE_TABLE]) {
    await client.command({
      query: `CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY (created_at, event_id) ` +
        "SETTINGS non_replicated_deduplication_window = 10000",
    });
    await client.command({ query: `SYSTEM STOP MERGES ${table}` });
  }
}

function makeFrames(): BlockPart[] {
  const source = events(EVENT_SHAPES.event200);
  const writer = new BlockWriter(COLUMNS);
  return Array.from({ length: FRAMES_PER_BLOCK }, () => {
    for (let row = 0; row < ROWS_PER_FRAME; row++) {
      const event = source.next().value;
      COLUMNS.forEach(({ name }, i) => {
        const column = writer.columns[i], value = event[name];
        if (column instanceof FixedWriter) {
          column.putNumber(name === "created_at" ? Date.parse(String(value)) : Number(value));
        } else putText(column, String(value));
      });
    }
    const { block, rows, columnLengths } = writer.finish();
    writer.reset();
    return { bytes: block, rows, columnLengths };
  });
}

function putText(column: BlockWriter["columns"][number], value: string): void {
  if (!("putText" in column) || typeof column.putText !== "function") throw new TypeError("not a column of texts");
  column.putText(value);
}
