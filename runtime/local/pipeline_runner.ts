/**
 * One pipeline on this machine: its streams, its compiled bundles, its worker processes, and their orderly end. Knows no
 * catalog; the orchestrator does.
 */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import type { JetStreamManager } from "@nats-io/jetstream";
import { planInput } from "../../pipeline/compile/input_plan.ts";
import { generateIngest } from "../../pipeline/compile/ingest.ts";
import { compilePipeline, type PipelinePlan, PlanError } from "../../pipeline/compile/mod.ts";
import { type PipelineConfig, pipelineHash, replicasOf, streamLimits, urlHost } from "../../pipeline/config/mod.ts";
import type { BundleFolder } from "../bundle/folder.ts";
import { messageOf } from "../errors.ts";
import type { KafkaClientName } from "../kafka/mod.ts";
import type { Log } from "../log.ts";
import { apiErrorCode } from "../nats/api_error.ts";
import type { NatsAddress } from "../nats/connect.ts";
import { dlqStream, type Edge, streamName } from "../nats/names.ts";
import { deadLetterStream, deleteStream, edgeStream, ensureStream } from "../nats/streams.ts";
import { sleep } from "../nats/publish.ts";
import type { ClickHouseAddress, StageName, WorkerSettings } from "../stage.ts";
import { connectTarget, errorCode, errorText } from "../target/client.ts";
import { createDatabase, createTable } from "../target/statements.ts";
import { databaseExists, describeTable, refusesInserts, type TableDescription } from "../target/table.ts";
import { advice } from "../target/faults.ts";
import { type WorkerStatus, worst } from "../worker/protocol.ts";
import type { Buckets } from "./buckets.ts";
import { edgeState } from "./edge_state.ts";
import { NoRoom } from "./no_room.ts";
import { kafkaSettings, reachableBrokers, registrySettings } from "./kafka_worker.ts";
import { sqliteBinding } from "./permissions.ts";
import { forgetUnderWay } from "./reset.ts";
import { fixTopology, type Topology } from "../topology.ts";
import { WorkerProcess, type WorkerSpec } from "./worker_process.ts";

/** What all pipelines of a machine share. */
export interface LocalEnvironment {
  readonly jsm: JetStreamManager;
  readonly nats: NatsAddress;
  readonly buckets: Buckets;
  /** Holds `bundles/` and `state/`. */
  readonly dataDir: string;
  readonly log: Log;
  readonly logLevel: string;
  /** The client of Kafka sources; the default is the faster one. */
  readonly kafkaClient?: KafkaClientName;
  /** Bytes of a stream whose pipeline does not say. */
  readonly streamMaxBytes: number;
  /** Environment of a worker besides its settings; `service` is its name in telemetry. */
  readonly workerEnv?: (service: string) => Readonly<Record<string, string>>;
  /** Tests: failpoints of a stage's n-th start. */
  readonly failpoints?: (pipeline: string, stage: StageName, start: number) => Readonly<Record<string, number>>;
  readonly onFailpoint?: (pipeline: string, name: string) => void;
}

/** The target cannot take this pipeline as it is; a person must change the table or the configuration. */
export class TargetUnfit extends Error {
  override readonly name = "TargetUnfit";
  readonly code = "TARGET_UNFIT";
}

export interface StageSummary {
  readonly stage: StageName;
  readonly replicas: number;
  readonly state: WorkerStatus["state"];
  readonly reason?: string;
  readonly pids: readonly number[];
  readonly metricsPorts: readonly number[];
}

/** On one machine a pipeline has one sink, which inserts all shards together. */
export const LANES = 1;

/** A limit in records (`maxMsgs`) becomes one in bytes: frames carry many records. */
const BYTES_PER_RECORD = 2_048;

/** How long a stop waits for a target that only a person can mend. */
const BLOCKED_PATIENCE_MS = 5_000;

export class PipelineRunner {
  readonly hash: string;
  readonly id: string;
  readonly #workers: WorkerProcess[] = [];
  readonly #losses: string[] = [];
  #weaknesses: readonly string[] = [];

  constructor(
    readonly env: LocalEnvironment,
    readonly bundles: BundleFolder,
    readonly config: PipelineConfig,
    readonly onStatus: () => void = () => {},
  ) {
    this.id = config.pipeline_id;
    this.hash = pipelineHash(this.id);
  }

  /** What weakens the pipeline's guarantees, and what was lost outside of it. */
  get warnings(): readonly string[] {
    return [...this.#losses, ...this.#weaknesses];
  }

  /**
   * Streams and shards first: a receiver may publish before any worker runs. A pipeline that `existed` has a source edge
   * until it is deleted: when it is gone, so are the rows that waited in it, and that is said.
   */
  async prepare(existed: boolean): Promise<void> {
    if (existed && this.#losses.length === 0 && !await this.#streamExists(streamName(this.hash, "in"))) {
      const loss =
        `stream ${streamName(this.hash, "in")} was gone and was made anew: rows that waited in it may be lost; ` +
        "check the NATS store, and let the senders send again what was accepted since the last row in the table";
      this.#losses.push(loss);
      this.env.log.error({ pipeline_id: this.id }, loss);
    }
    const limits = streamLimits(this.config.resources, this.config.sink.max_batch_size);
    const maxBytes = limits.maxBytes ?? Math.max((limits.maxMsgs ?? 0) * BYTES_PER_RECORD, this.env.streamMaxBytes);
    try {
      await ensureStream(this.env.jsm, edgeStream(this.hash, "in", { maxBytes }));
      await ensureStream(this.env.jsm, edgeStream(this.hash, "out", { maxBytes }));
      await ensureStream(this.env.jsm, deadLetterStream(this.hash, { maxBytes: -1 }));
    } catch (cause) {
      throw NoRoom.is(cause) ? new NoRoom(this.id, maxBytes, { cause }) : cause;
    }
    await this.#topology();
  }

  async #topology(): Promise<Topology> {
    const { shards } = planInput(this.config).sharding;
    return await fixTopology(await this.env.buckets.open(this.hash), { shards });
  }

  /**
   * Looks at the table, compiles for it and starts the workers. `waiting` hears why it cannot start yet (ClickHouse does not
   * answer); throws {@link TargetUnfit} when waiting will not help.
   */
  async start(signal: AbortSignal, waiting: (reason: string) => void): Promise<void> {
    const table = await this.#describe(signal, waiting);
    this.#weaknesses = table.warnings;
    for (const warning of table.warnings) {
      this.env.log.warn({ pipeline_id: this.id, warning }, "exactly-once is weakened");
    }
    let compiled;
    try {
      compiled = compilePipeline(this.config, table.columns);
    } catch (error) {
      if (error instanceof PlanError) throw new TargetUnfit(error.message, { cause: error });
      throw error;
    }
    const topology = await this.#topology();
    const programs: [StageName, string][] = [
      // An edit may ask for other shards than the pipeline was made with; these stay.
      ...(compiled.stages.ingest ? [["ingest", ingestFor(compiled.plan, topology.shards)] as [StageName, string]] : []),
      ["transform", compiled.stages.transform.source],
      ["sink", compiled.stages.sink.source],
    ];
    for (const [stage, program] of programs) {
      const stageEntry = fileURLToPath(new URL(`../../handlers/${stage}/stage.ts`, import.meta.url));
      const bundle = await this.bundles.make(this, { stageEntry, program });
      const stateful = stage === "transform" && this.config.dedup.length > 0;
      const replicas = stage === "ingest" ? replicasOf(this.config, "ingest") : 1;
      const settings: Omit<WorkerSettings, "httpPort" | "failpoints"> = {
        pipelineId: this.id,
        hash: this.hash,
        stage,
        replica: 0,
        replicas,
        shards: topology.shards,
        lanes: LANES,
        nats: this.env.nats,
        ...(stage === "sink" ? { clickhouse: targetAddress(this.config) } : {}),
        ...(stateful ? { stateDir: await this.#stateDir(), stateEngine: sqliteBinding() } : {}),
        bundle,
        logLevel: this.env.logLevel,
      };
      for (let replica = 0; replica < replicas; replica++) this.#begin({ ...settings, replica }, stateful);
    }
  }

  #begin(settings: WorkerSpec["settings"], stateful: boolean): void {
    const { stage, replica } = settings;
    const kafka = stage === "ingest"
      ? kafkaSettings(this.config, replica, this.env.kafkaClient ?? "platformatic")
      : null;
    const worker = new WorkerProcess({
      settings: { ...settings, ...(kafka ? { kafka, ...registrySettings(this.config) } : {}) },
      stateful,
      ...(kafka ? { brokers: () => reachableBrokers(kafka, this.env.log) } : {}),
      env: this.env.workerEnv?.(`glassflow-${stage}`) ?? {},
      onStatus: this.onStatus,
      failpoints: (start) => this.env.failpoints?.(this.id, stage, start) ?? {},
      onFailpoint: (name) => this.env.onFailpoint?.(this.id, name),
    }, this.env.log);
    this.#workers.push(worker);
    worker.start();
  }

  /** One summary per stage. */
  stages(): StageSummary[] {
    const byStage = Map.groupBy(this.#workers, (worker) => worker.spec.settings.stage);
    return [...byStage].map(([stage, workers]) => {
      const status = worst(workers.map((worker) => worker.status))!;
      return {
        stage,
        replicas: workers.length,
        state: status.state,
        ...(status.reason ? { reason: status.reason } : {}),
        pids: workers.flatMap((worker) => worker.pid ?? []),
        metricsPorts: workers.map((worker) => worker.httpPort),
      };
    });
  }

  /** Why the pipeline as a whole does not flow, if it does not. */
  reason(): string | null {
    const status = worst(this.#workers.map((worker) => worker.status));
    return status && (status.state === "blocked" || status.state === "waiting") ? status.reason ?? status.state : null;
  }

  /** Ends the workers in the data's order; each finishes what it holds. Frames on edges stay for the next start. */
  async drain(): Promise<void> {
    for (const stage of ["ingest", "transform", "sink"] as const) await this.#drainStage(stage);
    this.#dismiss();
  }

  async #drainStage(stage: StageName): Promise<void> {
    await Promise.all(this.#workers.filter((w) => w.spec.settings.stage === stage).map((worker) => worker.drain()));
  }

  /**
   * Stop: ingest and transforms first, then everything on the inner edge is written, then the sinks. Gives up waiting after
   * `timeoutMs` without progress, soon when the target needs a person, and at once when no worker runs; frames that are left
   * stay on the edge. Returns how many are left; rejects when the signal ends the wait.
   */
  async drainEdges(signal: AbortSignal, timeoutMs = 300_000): Promise<number> {
    await this.#drainStage("ingest");
    await this.#drainStage("transform");
    let left = await this.#framesOn("out");
    if (this.#workers.length === 0) return left;
    let lowest = left;
    let progressed = performance.now();
    const patience = () => this.#needsPerson() ? Math.min(timeoutMs, BLOCKED_PATIENCE_MS) : timeoutMs;
    while (left > 0 && performance.now() - progressed < patience()) {
      await sleep(100, signal);
      left = await this.#framesOn("out");
      if (left < lowest) {
        lowest = left;
        progressed = performance.now();
      }
    }
    // A sink that cannot write does not drain either; its open plan is finished after the next start.
    await (left > 0 ? this.kill() : this.drain());
    return left;
  }

  #needsPerson(): boolean {
    return this.#workers.some(({ spec, status }) => spec.settings.stage === "sink" && status.state === "blocked");
  }

  async kill(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    this.#dismiss();
  }

  #dismiss(): void {
    this.#workers.length = 0;
    this.bundles.release(this);
  }

  /** Terminate: what is under way is given up; the source edge, the ledger and the marks stay, the dead letters are none. */
  async discardInner(): Promise<void> {
    await this.#dropInner();
    // What can be read again from its source is: the frames under way would be behind the positions that are read then.
    if (this.config.sources.some(({ type }) => type === "kafka")) {
      await this.#purge(streamName(this.hash, "in"));
    }
    await ensureStream(this.env.jsm, deadLetterStream(this.hash, { maxBytes: -1 }));
  }

  async #dropInner(): Promise<void> {
    await deleteStream(this.env.jsm, streamName(this.hash, "out"));
    await deleteStream(this.env.jsm, dlqStream(this.hash));
    await forgetUnderWay(await this.env.buckets.open(this.hash), (await this.#topology()).shards, LANES);
    await this.#removeState();
  }

  async #purge(stream: string): Promise<void> {
    if (await this.#streamExists(stream)) await this.env.jsm.streams.purge(stream);
  }

  /** Delete: nothing of the pipeline is left. */
  async discardAll(): Promise<void> {
    await this.#dropInner();
    await deleteStream(this.env.jsm, streamName(this.hash, "in"));
    this.env.buckets.forget(this.hash);
    await deleteStream(this.env.jsm, `KV_gf-${this.hash}`);
  }

  async #streamExists(name: string): Promise<boolean> {
    try {
      await this.env.jsm.streams.info(name);
      return true;
    } catch (error) {
      if (apiErrorCode(error) === 10059) return false;
      throw error;
    }
  }

  async #framesOn(edge: Edge): Promise<number> {
    return (await edgeState(this.env.jsm, this.hash, edge)).frames;
  }

  async #describe(signal: AbortSignal, waiting: (reason: string) => void): Promise<TableDescription> {
    const { database } = this.config.sink.connection_params;
    const { table } = this.config.sink;
    const address = targetAddress(this.config);
    const target = { database, table, url: address.url };
    const client = connectTarget(address, 10_000);
    try {
      for (let pause = 250;; pause = Math.min(pause * 2, 5_000)) {
        signal.throwIfAborted();
        try {
          const description = await describeTable(client, database, table);
          if (description) return this.#writable(description);
          throw await this.#missing(client);
        } catch (error) {
          if (error instanceof TargetUnfit) throw error;
          const code = errorCode(error);
          const reason = `${errorText(error, address)}; ${advice(code, target)}`;
          if (code !== null && [81, 192, 193, 194, 497, 516].includes(code)) {
            throw new TargetUnfit(reason, { cause: error });
          }
          waiting(reason);
          await sleep(pause, signal);
        }
      }
    } finally {
      await client.close();
    }
  }

  #writable(table: TableDescription): TableDescription {
    const { connection_params, table: name } = this.config.sink;
    const problem = refusesInserts(table.engine);
    if (problem) throw new TargetUnfit(`${connection_params.database}.${name} ${problem}, and resume the pipeline`);
    return table;
  }

  /** What is not there, and the statements that make it. */
  async #missing(client: ClickHouseClient): Promise<TargetUnfit> {
    const { sink } = this.config;
    const { database, username } = sink.connection_params;
    const create = createTable(database, sink.table, sink.mapping);
    const hidden = `If it is there, user ${username} may not see it: grant SELECT and INSERT on it.`;
    const then = "and resume the pipeline; what it has accepted is kept.";
    if (!await databaseExists(client, database)) {
      return new TargetUnfit(
        `database ${database} does not exist: run ${createDatabase(database)}; ${create}; ${then}`,
      );
    }
    return new TargetUnfit(`table ${database}.${sink.table} does not exist: run ${create}; ${then} ${hidden}`);
  }

  async #stateDir(): Promise<string> {
    const path = join(this.env.dataDir, "state", this.id);
    await Deno.mkdir(path, { recursive: true });
    return path;
  }

  async #removeState(): Promise<void> {
    try {
      await Deno.remove(join(this.env.dataDir, "state", this.id), { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw new Error(`state cannot be removed: ${messageOf(error)}`);
    }
  }
}

function ingestFor(plan: PipelinePlan, shards: number): string {
  return generateIngest({ ...plan, sharding: { ...plan.sharding, shards } });
}

export function targetAddress(config: PipelineConfig): ClickHouseAddress {
  const { host, http_port, secure, username, password, skip_certificate_verification } = config.sink.connection_params;
  return {
    url: `${secure ? "https" : "http"}://${urlHost(host)}:${http_port || (secure ? "8443" : "8123")}`,
    username,
    password,
    skipCertificateVerification: skip_certificate_verification ?? false,
  };
}
