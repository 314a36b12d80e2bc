/**
 * The local orchestrator: makes this machine's worker processes follow the catalog. Every call returns at once; effects of
 * one pipeline happen one after the other, and their result is written back to the catalog by compare-and-set.
 */
import { join } from "node:path";
import { type PipelineConfig, pipelineHash } from "../../pipeline/config/mod.ts";
import { PlanError } from "../../pipeline/compile/mod.ts";
import {
  type Catalog,
  configOf,
  PipelineNotFound,
  type PipelineRecord,
  type PipelineStatus,
  StatusError,
  VersionConflict,
} from "../catalog/mod.ts";
import { BundleFolder } from "../bundle/folder.ts";
import { messageOf, OrchestratorRefuses } from "../errors.ts";
import { addLedgers, decideOpenPlan, EMPTY_LEDGER, type LaneRecord, type Ledger, type PlanDecision } from "../lane.ts";
import { laneKey } from "../nats/names.ts";
import { CasRecord } from "../nats/record.ts";
import { sleep } from "../nats/publish.ts";
import { readTopology } from "../topology.ts";
import { type EdgeState, edgeState } from "./edge_state.ts";
import { refuseUnreadable } from "./kafka_worker.ts";
import { LANES, type LocalEnvironment, PipelineRunner, type StageSummary, TargetUnfit } from "./pipeline_runner.ts";

/** What the API shows of a running pipeline (the shape of `handlers/api/orchestrator.ts`). */
export interface PipelineDescription {
  readonly stages: readonly { stage: StageSummary["stage"]; replicas: number; ready: number; reason?: string }[];
  readonly reason?: string;
  readonly warnings: readonly string[];
  /** Virtual shards, fixed when the pipeline was created. */
  readonly shards?: number;
  /** On the edges of a pipeline without workers. */
  readonly waiting?: { readonly frames: number; readonly bytes: number };
  readonly ledger: {
    accepted: number;
    written: number;
    filtered: number;
    deduplicated: number;
    dead_lettered: number;
  };
}

/** Clients of the API give up after five seconds. */
const GONE_WITHIN_MS = 3_000;

const EDGES = ["in", "out"] as const;

export class LocalOrchestrator {
  readonly kind = "local";
  readonly #running = new Map<string, PipelineRunner>();
  readonly #queues = new Map<string, Promise<void>>();
  /** The newest action of each pipeline; a newer one ends what the one before it waits for. */
  readonly #newest = new Map<string, AbortController>();
  readonly #bundles: BundleFolder;
  #closing = false;

  constructor(readonly env: LocalEnvironment, readonly catalog: Catalog) {
    this.#bundles = new BundleFolder(
      join(env.dataDir, "bundles"),
      (reason) => env.log.warn({ reason }, "bundles that nothing uses could not be removed"),
    );
  }

  /** Takes up what the catalog says: after a start of the machine every pipeline goes on where it was. */
  async resumeAll(): Promise<void> {
    await this.#bundles.tidy(); // every pipeline that runs is compiled anew
    for (const record of await this.catalog.list()) {
      if (record.deleting) void this.#remove(record.id);
      else if (record.status === "Stopping") await this.stop(record.id);
      else if (record.status === "Terminating") await this.terminate(record.id);
      else if (["Created", "Running", "Resuming"].includes(record.status)) this.#begin(record);
    }
  }

  /** What was made for a pipeline that cannot be created is taken away again. */
  async create(config: PipelineConfig): Promise<void> {
    refuseUnknownSources(config);
    try {
      await this.#start(config);
    } catch (error) {
      await new PipelineRunner(this.env, this.#bundles, config).discardAll().catch((left) =>
        this.env.log.warn({ pipeline_id: config.pipeline_id, err: left }, "streams of a refused pipeline are left over")
      );
      throw error;
    }
  }

  async edit(config: PipelineConfig): Promise<void> {
    refuseUnknownSources(config);
    await this.#start(config);
  }

  async resume(id: string): Promise<void> {
    this.#begin(await this.catalog.get(id));
  }

  stop(id: string): Promise<void> {
    return this.#enqueue(id, (signal) =>
      this.#untilDone(id, "Stopping", signal, async () => {
        const runner = await this.#runnerOf(id);
        const left = await runner.drainEdges(signal);
        this.#running.delete(id);
        const kept = `${left} frames could not be written yet; they are kept and written after resume`;
        await this.catalog.transition(id, ["Stopping"], "Stopped", left > 0 ? kept : undefined);
      }));
  }

  terminate(id: string): Promise<void> {
    return this.#enqueue(id, (signal) =>
      this.#untilDone(id, "Terminating", signal, async () => {
        const runner = await this.#runnerOf(id);
        await runner.kill();
        await runner.discardInner();
        this.#running.delete(id);
        await this.catalog.transition(id, ["Terminating"], "Stopped");
      }));
  }

  /** Resolves when all is gone, or after a while when that takes long: then it goes on behind. */
  async delete(id: string): Promise<"in_progress"> {
    const given = Promise.withResolvers<void>();
    const timer = setTimeout(given.resolve, GONE_WITHIN_MS);
    await Promise.race([this.#remove(id), given.promise]);
    clearTimeout(timer);
    return "in_progress";
  }

  #remove(id: string): Promise<void> {
    void this.#enqueue(id, (signal) =>
      this.#untilDone(id, null, signal, async () => {
        // Asked for twice: by now the id may belong to a new pipeline.
        if (!(await this.catalog.get(id)).deleting) return;
        const runner = await this.#runnerOf(id);
        await runner.kill();
        await runner.discardAll();
        this.#running.delete(id);
        await this.catalog.delete(id);
      }));
    return this.#queues.get(id) ?? Promise.resolve();
  }

  async describe(id: string): Promise<PipelineDescription> {
    const hash = pipelineHash(id);
    const ledger = await this.ledger(hash) ?? EMPTY_LEDGER;
    const topology = await readTopology(await this.env.buckets.open(hash));
    const running = this.#running.get(id);
    const reason = running?.reason();
    const stages = running?.stages() ?? [];
    return {
      stages: stages.map(({ stage, replicas, state, reason }) => ({
        stage,
        replicas,
        ready: state === "running" ? replicas : 0,
        ...(reason ? { reason } : {}),
      })),
      warnings: running?.warnings ?? [],
      ...(topology ? { shards: topology.shards } : {}),
      ...(stages.length === 0 ? { waiting: await this.#waiting(hash) } : {}),
      ...(reason ? { reason } : {}),
      ledger: {
        accepted: ledger.accepted,
        written: ledger.written,
        filtered: ledger.filtered,
        deduplicated: ledger.deduplicated,
        dead_lettered: ledger.deadLettered,
      },
    };
  }

  async #waiting(hash: string): Promise<EdgeState> {
    const edges = await Promise.all(EDGES.map((edge) => edgeState(this.env.jsm, hash, edge)));
    return { frames: edges[0].frames + edges[1].frames, bytes: edges[0].bytes + edges[1].bytes };
  }

  /** A person's decision on a batch in doubt. False when there is none. */
  async decide(id: string, decision: PlanDecision): Promise<boolean> {
    const kv = await this.env.buckets.open(pipelineHash(id));
    let decided = false;
    for (let lane = 0; lane < LANES; lane++) {
      decided = await decideOpenPlan(new CasRecord<LaneRecord>(kv, laneKey(lane)), decision) || decided;
    }
    return decided;
  }

  /** The pipeline's ledger: the sum of its lanes'. Null when it has none yet. */
  async ledger(hash: string, lanes = LANES): Promise<Ledger | null> {
    const kv = await this.env.buckets.open(hash);
    let sum: Ledger | null = null;
    for (let lane = 0; lane < lanes; lane++) {
      const record = await new CasRecord<LaneRecord>(kv, laneKey(lane)).read();
      if (record) sum = addLedgers(sum ?? EMPTY_LEDGER, record.value.ledger);
    }
    return sum;
  }

  /** Every running worker, for metrics and tests. */
  *workers(): Iterable<StageSummary & { pipelineId: string }> {
    for (const [pipelineId, runner] of this.#running) {
      for (const stage of runner.stages()) yield { ...stage, pipelineId };
    }
  }

  /** Drains every worker and leaves statuses as they are: the next start goes on. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const action of this.#newest.values()) action.abort(new Error("the system stops"));
    await Promise.allSettled(this.#queues.values());
    await Promise.all([...this.#running.values()].map((runner) => runner.drain()));
    this.#running.clear();
  }

  /** Streams are there when this resolves; the rest happens behind it. */
  async #start(config: PipelineConfig): Promise<void> {
    await new PipelineRunner(this.env, this.#bundles, config).prepare(false);
    this.#begin(await this.catalog.get(config.pipeline_id));
  }

  #begin(record: PipelineRecord): void {
    const { id, status } = record;
    this.#enqueue(id, async (signal) => {
      if (record.reason) await this.#say(id, status, null); // what the run before suffered from
      await this.#running.get(id)?.drain();
      const runner = new PipelineRunner(this.env, this.#bundles, configOf(record));
      this.#running.set(id, runner);
      try {
        await this.#untilDone(id, status, signal, () => runner.prepare(status !== "Created"));
        await runner.start(signal, (reason) => void this.#say(id, status, whileStarting(status, reason)));
        await this.#say(id, status, null);
        if (status !== "Running") await this.catalog.transition(id, [status], "Running");
      } catch (error) {
        if (signal.aborted) return;
        await runner.kill();
        this.env.log.error({ pipeline_id: id, err: error }, "the pipeline cannot start");
        const reason = error instanceof TargetUnfit ? error.message : `the pipeline cannot start: ${messageOf(error)}`;
        await this.catalog.transition(id, [status], "Failed", reason);
      }
    });
  }

  /**
   * Tries again while NATS or the catalog does not answer, and says so. Rejects with what no second try mends, and with the
   * signal's reason when a newer action takes over.
   */
  async #untilDone(
    id: string,
    status: PipelineStatus | null,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    for (let pause = 250;; pause = Math.min(pause * 2, 5_000)) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || isFinal(error)) throw error;
        this.env.log.warn({ pipeline_id: id, err: error }, "an action on a pipeline is tried again");
        if (status) await this.#say(id, status, `trying again: ${messageOf(error)}`);
        await sleep(pause, signal);
      }
    }
  }

  /** A reason for the status that clients see; when it cannot be stored the next one may be. */
  async #say(id: string, status: PipelineStatus, reason: string | null): Promise<void> {
    try {
      await this.catalog.setReason(id, status, reason);
    } catch (error) {
      this.env.log.warn({ pipeline_id: id, reason, err: error }, "the reason of a status could not be stored");
    }
  }

  async #runnerOf(id: string): Promise<PipelineRunner> {
    return this.#running.get(id) ?? new PipelineRunner(this.env, this.#bundles, configOf(await this.catalog.get(id)));
  }

  /** Accepts work, which is done after what was accepted before; what that waits for is given up at once. */
  #enqueue(id: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#newest.get(id)?.abort(new Error("superseded"));
    const action = new AbortController();
    this.#newest.set(id, action);
    const before = this.#queues.get(id) ?? Promise.resolve();
    const after = before.then(async () => {
      if (this.#closing || action.signal.aborted) return;
      try {
        await work(action.signal);
      } catch (error) {
        if (!action.signal.aborted) this.env.log.error({ pipeline_id: id, err: error }, "the orchestrator fails");
      }
    });
    this.#queues.set(id, after);
    void after.then(() => {
      if (this.#queues.get(id) !== after) return;
      this.#queues.delete(id);
      this.#newest.delete(id);
    });
    return Promise.resolve();
  }
}

function isFinal(error: unknown): boolean {
  return [StatusError, PipelineNotFound, VersionConflict, PlanError].some((known) => error instanceof known);
}

/** A pipeline that starts cannot be stopped, and only one at rest can be edited. One that has run has something to lose. */
function whileStarting(status: PipelineStatus, reason: string): string {
  if (status === "Running") return reason;
  const cost = status === "Created" ? "" : ", which drops its dead letters and what is between its stages";
  return `${reason}; to change the pipeline meanwhile, terminate it${cost}, then edit it`;
}

/** A pipeline that nothing would ever feed must not look as if it ran. */
function refuseUnknownSources({ sources }: PipelineConfig): void {
  for (const source of sources) {
    if (source.type === "kafka") refuseUnreadable(source);
    else if (source.type !== "otlp.logs") {
      throw new OrchestratorRefuses(
        `sources of type ${source.type} are not available yet; this release reads otlp.logs and kafka`,
      );
    }
  }
}
