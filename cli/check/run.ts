/**
 * The check: sends events of known fate through the whole system and compares sets of ids, row hashes and ledger with what
 * must be there. Can disturb the system while it runs.
 */
import { pipelineHash } from "../../pipeline/config/mod.ts";
import { DlqNotFound, DlqReader } from "../../runtime/dlq/mod.ts";
import { apiRequest, connectionParams, runSql, TimedOut, waitFor } from "../client.ts";
import { Unavailable } from "../../runtime/errors.ts";
import type { Ledger } from "../../runtime/lane.ts";
import type { System } from "../system.ts";
import { type CheckEvent, expectationOf, makeEvents } from "./events.ts";
import { checkPipeline, checkTable } from "./pipeline.ts";
import { type CheckBroker, sendRecords } from "./records.ts";
import { sendJson, type SendOptions, sendProtobuf } from "./senders.ts";
import { judge, readTable, type Verdict } from "./verdict.ts";

export interface CheckOptions {
  /** Events per pipeline. */
  readonly count: number;
  readonly seed: number;
  /** Longest time the whole check may take. */
  readonly timeoutMs: number;
  readonly batch?: number;
  /** Pipelines to check: one with deduplication (stateful), one without (stateless). */
  readonly kinds?: readonly ("dedup" | "pass")[];
  /** Checks pipelines of Kafka sources, too. */
  readonly kafka?: CheckBroker;
  /** Only those of Kafka sources. */
  readonly kafkaOnly?: boolean;
  readonly maxBytes?: string;
  /** Rows of an insert. */
  readonly maxBatchSize?: number;
  /** Awaited before each request of events: the load lasts as long as a test needs it. */
  readonly pace?: () => Promise<void>;
  /** Runs beside the load; the check waits for it. */
  readonly disturb?: (system: System) => Promise<void>;
  /** Makes ids unique in one installation. */
  readonly suffix?: string;
  readonly onRetry?: SendOptions["onRetry"];
  readonly note?: (what: string) => void;
}

export interface CheckResult extends Omit<Verdict, "problems"> {
  readonly seconds: number;
  readonly problems: readonly string[];
}

export async function runCheck(system: System, options: CheckOptions): Promise<CheckResult> {
  const began = performance.now();
  const deadline = began + options.timeoutMs;
  const note = options.note ?? (() => {});
  const kinds = options.kinds ?? ["dedup", "pass"];
  const runs = [
    ...(options.kafkaOnly ? [] : kinds.map((kind) => planned(kind, options))),
    ...(options.kafka ? kinds.map((kind) => planned(kind, options, options.kafka)) : []),
  ];
  const late = await lateness(async () => {
    await Promise.all(runs.map((run) => create(system, run, options, deadline)));
    note("pipelines are running; sending");
    await Promise.all([...runs.map((run) => send(system, run, options, deadline)), options.disturb?.(system)]);
    note("everything is accepted; waiting for the rows");
  });
  const verdicts = await Promise.all(runs.map((run) => settle(system, run, deadline)));
  const ok = late === null && verdicts.every((verdict) => verdict.ok);
  const problems = verdicts.flatMap((verdict) => verdict.problems);
  if (late !== null) problems.unshift(late);
  if (!ok && performance.now() > deadline) problems.unshift("timed out; when time was up this was missing:");
  const sum = (pick: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + pick(verdict), 0);
  return {
    ok,
    accepted: sum((v) => v.accepted),
    written: sum((v) => v.written),
    filtered: sum((v) => v.filtered),
    deduplicated: sum((v) => v.deduplicated),
    dead_lettered: sum((v) => v.dead_lettered),
    missing: sum((v) => v.missing),
    unexpected: sum((v) => v.unexpected),
    seconds: Math.round((performance.now() - began) / 100) / 10,
    problems,
  };
}

/** What the work did not reach in its time; null when it was done. */
async function lateness(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof TimedOut) return error.message;
    throw error;
  }
}

/** One pipeline of a check. */
export interface Run {
  readonly id: string;
  readonly table: string;
  readonly dedup: boolean;
  readonly events: readonly CheckEvent[];
  /** Where the events come from; absent: OTLP. */
  readonly kafka?: CheckBroker;
}

function planned(kind: "dedup" | "pass", { count, seed, suffix }: CheckOptions, kafka?: CheckBroker): Run {
  const own = `${kafka ? "kafka-" : ""}${kind}${suffix ? `-${suffix}` : ""}`;
  return {
    id: `check-${own}`,
    table: `check_${own.replaceAll("-", "_")}`,
    dedup: kind === "dedup",
    events: makeEvents({ prefix: own, count, seed, duplicates: kind === "dedup" }),
    ...(kafka ? { kafka } : {}),
  };
}

/** How long a pipeline may take to run. */
const START_MS = 60_000;

/** Creates table and pipeline and waits until it runs. */
async function create(system: System, run: Run, options: CheckOptions, deadline: number): Promise<void> {
  await runSql(system.clickhouse, checkTable(run.table));
  const { kafka } = run;
  await kafka?.createTopic(run.id, kafka.partitions);
  const config = checkPipeline({
    ...(kafka
      ? {
        kafka: {
          connection: kafka.connection,
          topic: run.id,
          ...(kafka.replicas ? { replicas: kafka.replicas } : {}),
        },
      }
      : {}),
    id: run.id,
    table: run.table,
    dedup: run.dedup,
    connection: connectionParams(system.clickhouse),
    ...(options.maxBytes ? { maxBytes: options.maxBytes } : {}),
    ...(options.maxBatchSize ? { maxBatchSize: options.maxBatchSize } : {}),
  });
  await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline", config);
  const left = Math.min(START_MS, Math.max(0, deadline - performance.now()));
  await waitFor(() => statusOf(system, run.id), (status) => status === "Running", left, `pipeline ${run.id} to run`);
}

/** One pipeline of a check, running. */
export async function prepare(system: System, kind: "dedup" | "pass", options: CheckOptions): Promise<Run> {
  const run = planned(kind, options);
  await create(system, run, options, performance.now() + START_MS);
  return run;
}

/** Resolves when everything is accepted. `deadlineMs` is on the clock of `performance.now`, as `settle`'s. */
export async function send(
  system: Pick<System, "otlpUrl">,
  run: Run,
  options: CheckOptions,
  deadlineMs: number,
): Promise<void> {
  if (run.kafka) {
    const { batch = 250, pace } = options;
    const producer = await run.kafka.openProducer(run.id);
    return await sendRecords(run.events, producer, { batch, ...(pace ? { pace } : {}) });
  }
  const shared = {
    otlpUrl: system.otlpUrl,
    pipelineId: run.id,
    deadlineMs,
    batch: options.batch ?? 250,
    ...(options.onRetry ? { onRetry: options.onRetry } : {}),
    ...(options.pace ? { pace: options.pace } : {}),
  };
  const half = run.events.length >> 1;
  await Promise.all([sendProtobuf(run.events.slice(0, half), shared), sendJson(run.events.slice(half), shared)]);
}

/** Waits until the ledger says that every event has its fate, then reads everything. */
export async function settle(system: System, run: Run, deadline: number): Promise<Verdict> {
  const expected = expectationOf(run.events);
  const hash = pipelineHash(run.id);
  for (let steady = 0;;) {
    const ledger = await ledgerOf(system, hash);
    const done = ledger !== null && ledger.accepted >= expected.accepted;
    steady = done ? steady + 1 : 0;
    // Once more after it is complete: what comes too much comes late.
    if (steady >= 3 || performance.now() > deadline) break;
    await new Promise((next) => setTimeout(next, done ? 250 : 100));
  }
  const rows = await readTable(system.clickhouse, run.table);
  const ledger = await system.orchestrator.ledger(hash);
  return judge(expected, {
    rows,
    dead: await deadIds(system, hash),
    ledger: ledger === null ? {} : { ...ledger, dead_lettered: ledger.deadLettered },
  });
}

/** Null while it cannot be read: the check may have taken NATS away itself. */
async function ledgerOf(system: System, hash: string): Promise<Ledger | null> {
  try {
    return await system.orchestrator.ledger(hash);
  } catch (error) {
    if (error instanceof Unavailable) return null;
    throw error;
  }
}

/** Ids of the entries in the dead-letter queue, read without consuming them. */
async function deadIds(system: System, hash: string): Promise<string[]> {
  const reader = new DlqReader(system.nc);
  const ids: string[] = [];
  let cursor: string | undefined;
  try {
    do {
      const page = await reader.list(hash, 1_000, cursor);
      for (const { original_message } of page.messages) ids.push(eventIdOf(original_message));
      cursor = page.next_cursor;
    } while (cursor);
  } catch (error) {
    // A check that timed out early has no queue yet.
    if (!(error instanceof DlqNotFound)) throw error;
  }
  return ids;
}

/** A dead row is JSON of either the input record or the table's columns. */
function eventIdOf(original: string): string {
  const row = JSON.parse(original) as { event_id?: string; attributes?: { event_id?: string } };
  return row.event_id ?? row.attributes?.event_id ?? `no id: ${original.slice(0, 80)}`;
}

export async function statusOf(system: System, id: string): Promise<string> {
  const health = await apiRequest(system.apiUrl, "GET", `/api/v1/pipeline/${id}/health`) as {
    overall_status: string;
    reason?: string;
  };
  if (health.overall_status === "Failed") throw new Error(`pipeline ${id} failed: ${health.reason}`);
  return health.overall_status;
}
