/**
 * The local orchestrator: makes this machine's worker processes follow the catalog. Every call returns at once; effects of
 * one pipeline happen one after the other, and their result is written back to the catalog by compare-and-set.
 */
import { type PipelineConfig, pipelineHash } from "../../pipeline/config/mod.ts";
import { type Catalog, configOf, type PipelineRecord } from "../catalog/mod.ts";
import { messageOf } from "../errors.ts";
import { addLedgers, EMPTY_LEDGER, type LaneRecord, type Ledger } from "../lane.ts";
import { laneKey } from "../nats/names.ts";
import { CasRecord } from "../nats/record.ts";
import { sleep } from "../nats/publish.ts";
import { readTopology } from "../topology.ts";
import { type LocalEnvironment, PipelineRunner, type StageSummary, TargetUnfit } from "./pipeline_runner.ts";

/** What the API shows of a running pipeline (the shape of `handlers/api/orchestrator.ts`). */
export interface PipelineDescription {
  readonly stages: readonly { stage: StageSummary["stage"]; replicas: number; ready: number; reason?: string }[];
  readonly reason?: string;
  readonly warnings: readonly string[];
  /** Virtual shards, fixed when the pipeline was created. */
  readonly shards?: number;
  readonly ledger?: {
    accepted: number;
    written: number;
    filtered: number;
    deduplicated: number;
    dead_lettered: number;
  };
}

interface Running {
  readonly runner: PipelineRunner;
  readonly stop: AbortController;
}

export class LocalOrchestrator {
  readonly kind = "local";
  readonly #running = new Map<string, Running>();
  readonly #queues = new Map<string, Promise<void>>();
  #closing = false;

  constructor(readonly env: LocalEnvironment, readonly catalog: Catalog) {}

  /** Takes up what the catalog says: after a start of the machine every pipeline goes on where it was. */
  async resumeAll(): Promise<void> {
    for (const record of await this.catalog.list()) {
      if (record.deleting) await this.delete(record.id);
      else if (record.status === "Stopping") await this.stop(record.id);
      else if (record.status === "Terminating") await this.terminate(record.id);
      else if (["Created", "Running", "Resuming"].includes(record.status)) this.#begin(record);
    }
  }

  create(config: PipelineConfig): Promise<void> {
    return this.#start(config);
  }

  edit(config: PipelineConfig): Promise<void> {
    return this.#start(config);
  }

  async resume(id: string): Promise<void> {
    this.#begin(await this.catalog.get(id));
  }

  stop(id: string): Promise<void> {
    this.#interrupt(id);
    return this.#enqueue(id, async () => {
      const { runner } = await this.#runnerOf(id);
      const left = await runner.drainEdges(new AbortController().signal);
      this.#running.delete(id);
      await this.catalog.transition(
        id,
        ["Stopping"],
        "Stopped",
        left > 0 ? `${left} frames could not be written yet; they are kept and written after resume` : undefined,
      );
    });
  }

  terminate(id: string): Promise<void> {
    this.#interrupt(id);
    return this.#enqueue(id, async () => {
      const { runner } = await this.#runnerOf(id);
      await runner.kill();
      await runner.discardInner();
      this.#running.delete(id);
      await this.catalog.transition(id, ["Terminating"], "Stopped");
    });
  }

  async delete(id: string): Promise<"in_progress"> {
    this.#interrupt(id);
    await this.#enqueue(id, async () => {
      const { runner } = await this.#runnerOf(id);
      await runner.kill();
      await runner.discardAll();
      this.#running.delete(id);
      await this.catalog.delete(id);
    });
    return "in_progress";
  }

  async describe(id: string): Promise<PipelineDescription> {
    const hash = pipelineHash(id);
    const ledger = await this.ledger(hash);
    const topology = await readTopology(await this.env.openBucket(hash));
    const running = this.#running.get(id);
    const reason = running?.runner.reason();
    return {
      stages: (running?.runner.stages() ?? []).map(({ stage, replicas, state, reason }) => ({
        stage,
        replicas,
        ready: state === "running" ? replicas : 0,
        ...(reason ? { reason } : {}),
      })),
      warnings: running?.runner.warnings ?? [],
      ...(topology ? { shards: topology.shards } : {}),
      ...(reason ? { reason } : {}),
      ...(ledger
        ? {
          ledger: {
            accepted: ledger.accepted,
            written: ledger.written,
            filtered: ledger.filtered,
            deduplicated: ledger.deduplicated,
            dead_lettered: ledger.deadLettered,
          },
        }
        : {}),
    };
  }

  /** The pipeline's ledger: the sum of its lanes'. Null when it has none yet. */
  async ledger(hash: string, lanes = 1): Promise<Ledger | null> {
    const kv = await this.env.openBucket(hash);
    let sum: Ledger | null = null;
    for (let lane = 0; lane < lanes; lane++) {
      const record = await new CasRecord<LaneRecord>(kv, laneKey(lane)).read();
      if (record) sum = addLedgers(sum ?? EMPTY_LEDGER, record.value.ledger);
    }
    return sum;
  }

  /** Every running worker, for metrics and tests. */
  *workers(): Iterable<StageSummary & { pipelineId: string }> {
    for (const [pipelineId, { runner }] of this.#running) {
      for (const stage of runner.stages()) yield { ...stage, pipelineId };
    }
  }

  /** Drains every worker and leaves statuses as they are: the next start goes on. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { stop } of this.#running.values()) stop.abort(new Error("the system stops"));
    await Promise.allSettled(this.#queues.values());
    await Promise.all([...this.#running.values()].map(({ runner }) => runner.drain()));
    this.#running.clear();
  }

  /** Streams are there when this resolves; the rest happens behind it. */
  async #start(config: PipelineConfig): Promise<void> {
    await new PipelineRunner(this.env, config).prepare();
    this.#begin(await this.catalog.get(config.pipeline_id));
  }

  #begin(record: PipelineRecord): void {
    const { id, status } = record;
    this.#interrupt(id);
    this.#enqueue(id, async () => {
      await this.#running.get(id)?.runner.drain();
      const runner = new PipelineRunner(this.env, configOf(record));
      const stop = new AbortController();
      this.#running.set(id, { runner, stop });
      const said = (reason: string | null) => this.catalog.setReason(id, status, reason);
      try {
        await this.#withRetry(stop.signal, () => runner.prepare(), said);
        await runner.start(stop.signal, (reason) => void said(reason).catch(this.#failed(id)));
        await said(null);
        if (status !== "Running") await this.catalog.transition(id, [status], "Running");
      } catch (error) {
        if (stop.signal.aborted) return;
        await runner.kill();
        this.env.log.error({ pipeline_id: id, err: error }, "the pipeline cannot start");
        const reason = error instanceof TargetUnfit ? error.message : `the pipeline cannot start: ${messageOf(error)}`;
        await this.catalog.transition(id, [status], "Failed", reason);
      }
    });
  }

  /** Ends a start that is still waiting, so that what comes next does not wait for it. */
  #interrupt(id: string): void {
    this.#running.get(id)?.stop.abort(new Error("superseded"));
  }

  async #withRetry(
    signal: AbortSignal,
    work: () => Promise<void>,
    said: (reason: string) => Promise<void>,
  ): Promise<void> {
    for (let pause = 250;; pause = Math.min(pause * 2, 5_000)) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        await said(`waiting for NATS: ${messageOf(error)}`);
        await sleep(pause, signal);
      }
    }
  }

  async #runnerOf(id: string): Promise<Running> {
    const running = this.#running.get(id);
    if (running) return running;
    const config = configOf(await this.catalog.get(id));
    return { runner: new PipelineRunner(this.env, config), stop: new AbortController() };
  }

  /** Accepts work; it is done after what was accepted before. */
  #enqueue(id: string, work: () => Promise<void>): Promise<void> {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const after = before.then(async () => {
      if (!this.#closing) await work();
    }).catch(this.#failed(id));
    this.#queues.set(id, after);
    void after.then(() => {
      if (this.#queues.get(id) === after) this.#queues.delete(id);
    });
    return Promise.resolve();
  }

  #failed(id: string): (error: unknown) => void {
    return (error) => this.env.log.error({ pipeline_id: id, err: error }, "the orchestrator fails");
  }
}
