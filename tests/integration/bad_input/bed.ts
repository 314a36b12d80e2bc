/**
 * One system for all tests of this folder, and the few gestures they need: tables, pipelines, requests to the API and the
 * receiver, and a healthy pipeline whose rows must keep coming, each exactly once, whatever happens beside it.
 */
import assert from "node:assert/strict";
import { runSql, waitFor } from "../../../cli/client.ts";
import { isolatedSettings, settingsFromEnvironment } from "../../../cli/settings.ts";
import { startSystem, type System } from "../../../cli/system.ts";

export const PATIENCE_MS = 60_000;

let started: Promise<System> | undefined;
let folder = "";

export function theSystem(): Promise<System> {
  return started ??= (async () => {
    folder = await Deno.makeTempDir({ prefix: "glassflow-bad-input-" });
    const settings = isolatedSettings(settingsFromEnvironment(() => undefined), folder);
    const system = await startSystem({
      ...settings,
      logLevel: Deno.env.get("BAD_INPUT_LOG") ?? "fatal",
      // NATS reserves what a stream may hold, and there are many pipelines here.
      streamMaxBytes: 64 << 20,
    });
    await createHealthy(system);
    return system;
  })();
}

Deno.test.afterAll(async () => {
  // What could not start has told every test why.
  const system = await started?.catch(() => null);
  if (!system) return;
  await system.stop();
  await Deno.remove(folder, { recursive: true });
});

/** A test on the shared system, whose sockets and processes outlive it. */
export function test(name: string, run: () => Promise<void>): void {
  Deno.test({ name, fn: run, sanitizeOps: false, sanitizeResources: false });
}

export type Json = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json(): Json;
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as Json };
}

/** A request to the API; objects are sent as JSON, strings and bytes as they are. */
export async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { apiUrl } = await theSystem();
  const raw = typeof body === "string" || body instanceof Uint8Array;
  return await answer(
    await fetch(apiUrl + path, {
      method,
      ...(body === undefined ? {} : { body: raw ? body as BodyInit : JSON.stringify(body) }),
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    }),
  );
}

/** A request to the receiver's logs path. */
export async function otlp(
  pipelineId: string | null,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { otlpUrl } = await theSystem();
  return await answer(
    await fetch(`${otlpUrl}/v1/logs`, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        ...(pipelineId === null ? {} : { "x-glassflow-pipeline-id": pipelineId }),
        ...headers,
      },
    }),
  );
}

/**
 * The bytes of an HTTP/1.1 request, sent as they are; the first whole answer, or what came before the server closed.
 * `half`: the client says that nothing more will come.
 */
export async function rawHttp(port: number, request: string, half = false): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = new TextEncoder().encode(request);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  if (half) await connection.closeWrite();
  const buffer = new Uint8Array(65_536);
  let got = "";
  const decoder = new TextDecoder();
  for (let read; (read = await connection.read(buffer)) !== null;) {
    got += decoder.decode(buffer.subarray(0, read));
    const [head, body] = got.split("\r\n\r\n", 2);
    const length = /^content-length: (\d+)$/im.exec(head);
    if (body !== undefined && length && body.length >= Number(length[1])) break;
  }
  return got;
}

export interface LogEvent {
  readonly body?: unknown;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly record?: Json;
}

export const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** An OTLP/JSON request of records. */
export function logs(events: readonly LogEvent[]): string {
  return JSON.stringify({
    resourceLogs: [{
      resource: { attributes: [attribute("service.name", "shop")] },
      scopeLogs: [{
        scope: { name: "bad-input" },
        logRecords: events.map(({ body, attributes, record }) => ({
          timeUnixNano: "1767225600000000000",
          severityNumber: 9,
          severityText: "INFO",
          body: typeof body === "object" ? body : { stringValue: body ?? "" },
          attributes: Object.entries(attributes ?? {}).map(([key, value]) => attribute(key, value)),
          ...record,
        })),
      }],
    }],
  });
}

/** Sends as an exporter does: again while the receiver says "later". */
export async function accepted(pipelineId: string, events: readonly LogEvent[]): Promise<void> {
  const body = logs(events);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const got = await otlp(pipelineId, body);
    if (got.status === 200) {
      assert.equal(got.text, "{}", got.text);
      return;
    }
    assert.ok(got.status === 429 || got.status === 503, `${pipelineId}: ${got.status} ${got.text}`);
    assert.ok(performance.now() < until, `not accepted in time: ${got.text}`);
    await pause(100);
  }
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export async function sql(statement: string): Promise<string> {
  return (await runSql((await theSystem()).clickhouse, statement)).trimEnd();
}

export interface PipelineOptions {
  readonly id: string;
  readonly table?: string;
  readonly database?: string;
  readonly mapping?: readonly (readonly [field: string, column: string, type: string])[];
  readonly transforms?: readonly Json[];
  readonly connection?: Json;
  readonly sink?: Json;
}

export const MAPPING = [["attributes.id", "id", "String"], ["body", "body", "String"]] as const;

/** A complete configuration; without more it writes an id and the body. */
export async function pipelineConfig(options: PipelineOptions): Promise<Json> {
  const { clickhouse } = await theSystem();
  const { hostname, port } = new URL(clickhouse.url);
  return {
    version: "v3",
    pipeline_id: options.id,
    name: options.id,
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    transforms: options.transforms ?? [],
    sink: {
      type: "clickhouse",
      connection_params: {
        host: hostname,
        port: "9000",
        http_port: port,
        database: options.database ?? "default",
        username: clickhouse.user,
        password: clickhouse.password,
        secure: false,
        ...options.connection,
      },
      table: options.table ?? tableOf(options.id),
      max_batch_size: 1_000,
      max_delay_time: "50ms",
      mapping: (options.mapping ?? MAPPING).map(([name, column_name, column_type]) => ({
        name,
        column_name,
        column_type,
      })),
      ...options.sink,
    },
  };
}

export const tableOf = (id: string) => id.replaceAll("-", "_");

/** `columns` and what follows them, such as a constraint. */
export async function createTable(name: string, columns = "id String, body String", engine?: string): Promise<void> {
  await sql(
    `CREATE TABLE ${name} (${columns}) ENGINE = ${
      engine ?? "MergeTree ORDER BY tuple() SETTINGS non_replicated_deduplication_window = 1000"
    }`,
  );
}

/** Creates a pipeline and waits until it runs. */
export async function createPipeline(options: PipelineOptions): Promise<void> {
  const created = await api("POST", "/api/v1/pipeline", await pipelineConfig(options));
  assert.equal(created.status, 200, created.text);
  await becomes(options.id, "Running");
}

export async function health(id: string): Promise<Json> {
  const got = await api("GET", `/api/v1/pipeline/${id}/health`);
  assert.equal(got.status, 200, got.text);
  return got.json();
}

/** Waits until the pipeline has the status, and a reason that matches when one is wanted; gives its health. */
export async function becomes(id: string, status: string, reason?: RegExp): Promise<Json> {
  return await waitFor(
    () => health(id),
    (now) => now.overall_status === status && (!reason || reason.test(String(now.reason ?? ""))),
    PATIENCE_MS,
    `pipeline ${id} to be ${status}${reason ? ` with a reason like ${reason}` : ""}`,
  );
}

export async function act(id: string, action: "stop" | "resume" | "terminate" | "delete"): Promise<Answer> {
  return action === "delete"
    ? await api("DELETE", `/api/v1/pipeline/${id}`)
    : await api("POST", `/api/v1/pipeline/${id}/${action}`);
}

/** Brings a pipeline to its end, from any state. */
export async function remove(id: string): Promise<void> {
  const { overall_status } = await health(id);
  if (!["Stopped", "Failed"].includes(String(overall_status))) {
    const ended = await act(id, "terminate");
    assert.equal(ended.status, 200, ended.text);
    await becomes(id, "Stopped");
  }
  const deleted = await act(id, "delete");
  assert.equal(deleted.status, 200, deleted.text);
  await waitFor(
    async () => (await api("GET", `/api/v1/pipeline/${id}`)).status,
    (status) => status === 404,
    PATIENCE_MS,
    `pipeline ${id} to be gone`,
  );
}

/** Waits until the query gives this text. */
export async function shows(query: string, wanted: string): Promise<void> {
  await waitFor(() => sql(query), (text) => text === wanted, PATIENCE_MS, `${query} to give ${wanted}`);
}

export interface DeadLetter {
  readonly message_id: string;
  readonly component: string;
  readonly error: string;
  readonly reason?: string;
  readonly original_message: string;
}

/** Waits for that many dead letters and gives them without taking them out of the queue. */
export async function deadLetters(id: string, count: number): Promise<DeadLetter[]> {
  return await waitFor(
    async () => (await api("GET", `/api/v1/pipeline/${id}/dlq/list?batch_size=1000`)).json().messages as DeadLetter[],
    (letters) => letters.length === count,
    PATIENCE_MS,
    `${count} dead letters of ${id}`,
  );
}

/** Waits until that many records have met their fate; gives the ledger. */
export async function settled(id: string, count: number): Promise<Json> {
  return await waitFor(
    async () => (await api("GET", `/api/v1/pipeline/${id}/ledger`)).json(),
    ({ accepted, in_flight }) => accepted === count && in_flight === 0,
    PATIENCE_MS,
    `the ledger of ${id} to count ${count}`,
  );
}

const HEALTHY = "healthy-neighbour";
let sent = 0;

async function createHealthy(system: System): Promise<void> {
  await runSql(
    system.clickhouse,
    `CREATE TABLE healthy (id String, body String) ENGINE = MergeTree ORDER BY id
     SETTINGS non_replicated_deduplication_window = 1000`,
  );
}

/**
 * Runs `work` while a healthy pipeline takes an event every now and then; afterwards every one of its events is in its
 * table exactly once and the receiver and the API still answer.
 */
export async function beside(work: () => Promise<void>): Promise<void> {
  await theSystem();
  if (sent === 0) await createPipeline({ id: HEALTHY, table: "healthy" });
  const one = () => accepted(HEALTHY, [{ attributes: { id: String(sent++) }, body: "fine" }]);
  await one();
  let working = true;
  const flow = (async () => {
    while (working) {
      await one();
      await pause(100);
    }
  })();
  try {
    await work();
  } finally {
    working = false;
    await flow;
  }
  await one();
  await shows("SELECT count() = uniqExact(id), count() FROM healthy", `1\t${sent}`);
  assert.equal((await health(HEALTHY)).overall_status, "Running");
  assert.equal((await api("GET", "/api/v1/readyz")).status, 200);
}
