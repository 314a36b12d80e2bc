/** For tests: the API on an in-memory catalog, with an orchestrator and a dead-letter queue that only take notes. */
import assert from "node:assert/strict";
import { type Catalog, openCatalog, type PipelineStatus } from "../../runtime/catalog/mod.ts";
import { Metrics } from "../../runtime/metrics.ts";
import type { Route } from "./routes.ts";
import {
  type ApiOptions,
  createApi,
  type DeadLetterQueue,
  type Orchestrator,
  type PipelineDescription,
} from "./mod.ts";

export class RecordingOrchestrator implements Orchestrator {
  readonly kind = "local";
  readonly calls: string[] = [];
  /** Thrown by the next call. */
  fails: Error | null = null;
  deletion: "done" | "in_progress" = "done";
  description: PipelineDescription = { stages: [] };

  create = (config: { pipeline_id: string }) => this.note("create", config.pipeline_id);
  stop = (id: string) => this.note("stop", id);
  terminate = (id: string) => this.note("terminate", id);
  resume = (id: string) => this.note("resume", id);
  edit = (config: { pipeline_id: string }) => this.note("edit", config.pipeline_id);
  async delete(id: string): Promise<"done" | "in_progress"> {
    await this.note("delete", id);
    return this.deletion;
  }
  describe = () => Promise.resolve(this.description);
  /** Batches in doubt. */
  doubts = 0;
  decisions: string[] = [];
  decide = (_id: string, decision: string) => {
    if (this.doubts === 0) return Promise.resolve(false);
    this.doubts--;
    this.decisions.push(decision);
    return Promise.resolve(true);
  };

  private note(action: string, id: string): Promise<void> {
    this.calls.push(`${action} ${id}`);
    const error = this.fails;
    this.fails = null;
    return error ? Promise.reject(error) : Promise.resolve();
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; throws when it is not one line of it. */
  json(): Record<string, unknown>;
}

export interface Bed {
  routes: readonly Route[];
  catalog: Catalog;
  orchestrator: RecordingOrchestrator;
  metrics: Metrics;
  logged: { level: string; fields: Record<string, unknown>; message: string }[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a pipeline and brings it into a status; returns its id. */
  pipeline(status: PipelineStatus): Promise<string>;
}

const WAY: Record<PipelineStatus, readonly PipelineStatus[]> = {
  Created: [],
  Running: ["Running"],
  Stopping: ["Running", "Stopping"],
  Stopped: ["Running", "Stopping", "Stopped"],
  Terminating: ["Terminating"],
  Resuming: ["Running", "Stopping", "Stopped", "Resuming"],
  Failed: ["Failed"],
};

export function otlpConfig(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: "v3",
    pipeline_id: id,
    name: `Pipeline ${id}`,
    sources: [{ type: "otlp.logs", source_id: "logs" }],
    sink: {
      type: "clickhouse",
      connection_params: {
        host: "ch",
        port: "9000",
        http_port: "8123",
        database: "default",
        username: "u",
        password: "s3cret-p4ss",
        secure: false,
      },
      table: "logs",
      max_batch_size: 1000,
      max_delay_time: "1s",
      mapping: [{ name: "body", column_name: "body", column_type: "String" }],
    },
    metadata: { tags: ["test"] },
    ...more,
  };
}

const noQueue: DeadLetterQueue = {
  state: () => Promise.reject(new Error("not used")),
  consume: () => Promise.reject(new Error("not used")),
  list: () => Promise.reject(new Error("not used")),
  discard: () => Promise.reject(new Error("not used")),
  purge: () => Promise.reject(new Error("not used")),
};

let shared: Promise<Catalog> | undefined;

/** Opening the embedded database takes a second; the tests of a file share one. */
async function emptyCatalog(): Promise<Catalog> {
  const catalog = await (shared ??= openCatalog());
  for (const { id } of await catalog.list()) await catalog.delete(id);
  return catalog;
}

export async function withApi(work: (bed: Bed) => Promise<void>, more: Partial<ApiOptions> = {}): Promise<void> {
  const catalog = await emptyCatalog();
  const orchestrator = new RecordingOrchestrator();
  const metrics = new Metrics();
  const logged: Bed["logged"] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: fields as Record<string, unknown>, message });
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const api = createApi({ catalog, orchestrator, dlq: noQueue, log, metrics, ...more });
  let made = 0;
  const call: Bed["call"] = async (method, path, body, headers = {}) => {
    const init: RequestInit = { method, headers };
    if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
    const request = new Request(`http://api.test${path}`, init);
    if (typeof body !== "undefined" && !("content-type" in headers)) {
      request.headers.set("content-type", "application/json");
    }
    const response = await api.fetch(request);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json() {
        assert.equal(response.headers.get("content-type"), "application/json");
        assert.match(text, /^[^\n]*\n$/);
        return JSON.parse(text);
      },
    };
  };
  await work({
    routes: api.routes,
    catalog,
    orchestrator,
    metrics,
    logged,
    call,
    async pipeline(status) {
      const id = `pipe-${++made}-x`;
      const answer = await call("POST", "/api/v1/pipeline", otlpConfig(id));
      assert.equal(answer.status, 200, answer.text);
      for (const next of WAY[status]) {
        const { status: now } = await catalog.get(id);
        await catalog.transition(id, [now], next);
      }
      orchestrator.calls.length = 0;
      return id;
    },
  });
}
