/**
 * One lane from takeover to drain: finish the open plan, load marks, take over the consumers, then plan → dead letters →
 * insert → done → acknowledge, batch after batch. Any broken step ends the session; the next starts from the lane key.
 */
import { type Block, type BlockPart, mergeBlocks, readBlock, rowJson } from "../../pipeline/native/mod.ts";
import type { SinkProgram } from "../../pipeline/compile/program.ts";
import { shortenOriginal } from "../../runtime/dlq/shorten.ts";
import { decodeFrame, type Frame, isGap, MalformedFrame, NO_MARK, ONCE } from "../../runtime/frame.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import { ConsumerBroken, isFencedOut, LayoutMismatch, PipelineError, PositionGap } from "../../runtime/errors.ts";
import type { Lane, LaneRecord, Plan } from "../../runtime/lane.ts";
import {
  deliveries,
  type Delivery,
  prefetchShare,
  type ShardConsumerOptions,
  takeOverConsumer,
} from "../../runtime/nats/consumer.ts";
import { edgeSubject, streamName } from "../../runtime/nats/names.ts";
import { incarnation } from "../../runtime/nats/streams.ts";
import { sleep } from "../../runtime/nats/publish.ts";
import type { PartStatus } from "../../runtime/part_status.ts";
import type { WorkerContext } from "../../runtime/stage.ts";
import { Batcher } from "./batch.ts";
import { type DeadLetter, publishDeadLetters } from "./dead_letters.ts";
import type { Inserter } from "./insert.ts";
import type { SinkMetrics } from "./metrics.ts";
import { advance, bisect, finish, type HeldFrame, lettersStored, makePlan, trim, type TrimmedFrame } from "./plan.ts";

const HELD_BYTES = 128 << 20;
const MAX_FRAMES = 2_048;
/** Rejected rows whose reasons wait in the lane key before their letters are sent. */
const MAX_REJECTED = 500;
/** A batch is held until ClickHouse has it; one that is held longer is only delivered again. */
const ACK_WAIT_MS = 600_000;

/** An open plan cannot be carried out with what is there. */
export class PlanUnfinishable extends PipelineError {
  override readonly name = "PlanUnfinishable";
  readonly code = "PLAN_UNFINISHABLE";
  readonly retryable = false;
}

export interface LaneRunnerOptions {
  readonly context: Pick<WorkerContext, "nc" | "js" | "jsm" | "log" | "draining"> & {
    readonly settings: Pick<WorkerContext["settings"], "hash">;
  };
  readonly program: SinkProgram;
  readonly lane: Lane;
  readonly number: number;
  readonly shards: readonly number[];
  readonly inserter: Inserter;
  readonly metrics: SinkMetrics;
  readonly status: PartStatus;
  /** Aborts at once (the process is fenced), unlike draining. */
  readonly signal: AbortSignal;
}

export class LaneRunner {
  readonly #stream: string;

  constructor(readonly options: LaneRunnerOptions) {
    this.#stream = streamName(options.context.settings.hash, "out");
  }

  /** Sessions until the worker drains. Rejects with {@link FencedOut} when the lane is lost. */
  async run(): Promise<void> {
    const { context, signal, number, lane, status } = this.options;
    for (let pause = 100; !context.draining.aborted; pause = Math.min(pause * 2, 5_000)) {
      signal.throwIfAborted();
      const started = performance.now();
      try {
        await this.#session();
        return;
      } catch (error) {
        if (isFencedOut(error) || signal.aborted) throw error;
        // What looks like a gap or a lost frame to an owner that was replaced is not one: its heir moved the marks.
        await lane.confirm(0);
        status.trouble(error);
        context.log.warn({ lane: number, err: error }, "sink session ends and starts again");
        if (performance.now() - started > 10_000) pause = 100;
        await sleep(pause, AbortSignal.any([signal, context.draining])).catch((stop) => {
          if (signal.aborted) throw stop;
        });
      }
    }
  }

  async #session(): Promise<void> {
    const { context, lane, shards, signal, status, program } = this.options;
    const stream = incarnation(await context.jsm.streams.info(this.#stream));
    if (lane.value.plan) await this.#finishOpenPlan(lane.value.plan, stream);
    if (lane.value.marks.stream !== stream) {
      await lane.change((now) => ({ ...now, marks: { ...now.marks, stream, sequences: {} } }));
    }
    failpoint("sink.after_recover");
    const batcher = new Batcher({
      maxRows: program.maxBatchRows,
      maxDelayMs: program.maxDelayMs,
      maxBytes: HELD_BYTES,
      maxFrames: MAX_FRAMES,
    });
    const stop = new AbortController();
    const ended = AbortSignal.any([stop.signal, context.draining, signal]);
    const consumers = await Promise.all(shards.map(async (shard) => {
      const options: ShardConsumerOptions = {
        nc: context.nc,
        js: context.js,
        jsm: context.jsm,
        stream: this.#stream,
        subject: edgeSubject(context.settings.hash, "out", shard),
        stage: "sink",
        shard,
        epoch: lane.value.epoch,
        ackWaitMs: program.maxDelayMs + ACK_WAIT_MS,
        maxAckPending: MAX_FRAMES * 4,
        prefetchBytes: prefetchShare(shards.length),
      };
      return { options, consumer: await takeOverConsumer(options) };
    }));
    failpoint("sink.after_consumer");
    status.opened();
    const expected = new ExpectedFrames(lane.value, program.layout);
    const pumps = consumers.map(async ({ consumer, options }) => {
      for await (const delivery of deliveries(consumer, options, ended)) {
        if (expected.accept(delivery)) await batcher.push(delivery);
      }
    });
    // A lane without shards (more lanes than shards) has nothing to do but to be there.
    if (shards.length === 0) pumps.push(aborted(ended));
    // At a hole what is held is dropped. A frame that cannot be handled only stops what is behind it.
    const received = Promise.all(pumps).then(
      () => batcher.close(),
      (error) => error instanceof ConsumerBroken ? batcher.fail(error) : batcher.close(error),
    );
    try {
      for (let batch; (batch = await batcher.take()) !== null;) {
        await this.#handle(batch);
        status.progress();
      }
      await received;
    } finally {
      stop.abort();
      batcher.close();
      await Promise.allSettled(pumps); // the first error is already on its way
    }
  }

  async #handle(batch: readonly Delivery[]): Promise<void> {
    const { lane, program, metrics } = this.options;
    const held: HeldFrame[] = batch.map(({ shard, sequence, frame }) => ({ shard, sequence, frame }));
    failpoint("sink.before_plan");
    const target = { table: tableOf(program), layout: program.layout };
    const plan = makePlan(held, lane.value.marks, target, Date.now());
    await lane.change((now) => ({ ...now, beat: now.beat + 1, plan }));
    failpoint("sink.after_plan");
    await this.#carryOut(plan, held, false);
    for (const delivery of batch) delivery.ack();
    failpoint("sink.after_ack");
    metrics.acknowledged(batch);
  }

  /** An earlier owner (or session) left a plan: its frames are still there, since none is acknowledged before it is done. */
  async #finishOpenPlan(plan: Plan, stream: string): Promise<void> {
    const { context, lane, program } = this.options;
    if (lane.value.marks.stream !== stream) {
      throw new PlanUnfinishable(
        `stream ${this.#stream} was made anew while rows of it were being written: their frames are gone. ` +
          "Restore the stream, or terminate the pipeline to go on without them.",
      );
    }
    if (plan.table !== tableOf(program) || plan.layout !== program.layout) {
      throw new PlanUnfinishable(
        `rows for ${plan.table} are half-way written with the pipeline's former configuration; bring sink and mapping back ` +
          "to what they were, let the pipeline write them, stop it, and edit it then",
      );
    }
    const held: HeldFrame[] = [];
    for (const [shard, sequence] of plan.frames) {
      const message = await context.jsm.streams.getMessage(this.#stream, { seq: sequence });
      if (!message) {
        throw new PlanUnfinishable(
          `frame ${sequence} of ${this.#stream}, which is being written, is gone: was the stream purged? ` +
            "Terminate the pipeline to go on without it.",
        );
      }
      held.push({ shard, sequence, frame: decodeFrame((name) => message.header.get(name), message.data) });
    }
    const again = makePlan(held, lane.value.marks, plan, plan.startedAt);
    if (again.token !== plan.token) {
      throw new PlanUnfinishable(`the frames of plan ${plan.token} do not give that plan again: report this as a bug`);
    }
    context.log.info({ frames: held.length, plan: plan.token }, "finishing the plan that was open");
    await this.#carryOut(plan, held, true);
    this.options.status.progress();
  }

  async #carryOut(plan: Plan, held: readonly HeldFrame[], inDoubt: boolean): Promise<void> {
    const { lane, metrics } = this.options;
    const trimmed = trim(held, lane.value.marks);
    const letters = trimmed.frames.flatMap(({ frame, dead }) => dead.map((row) => ({ ...row, origin: frame.origin })));
    await this.#publish(letters);
    plan = await this.#insertParts(plan, trimmed.frames, inDoubt);
    await this.#publish(this.#rejected(plan, trimmed.frames));
    await lane.change((now) => finish({ ...now, beat: now.beat + 1 }, plan, trimmed.frames, trimmed.marks));
    failpoint("sink.after_done");
    const rejected = plan.rejected.length + plan.deadLettered;
    metrics.written(trimmed.frames, rejected, letters.length);
  }

  async #publish(letters: readonly DeadLetter[]): Promise<void> {
    const { context, signal, status } = this.options;
    if (letters.length === 0) return;
    await publishDeadLetters(
      context.js,
      context.settings.hash,
      letters,
      signal,
      (error) => status.waiting(error && `dead letters cannot be stored: ${error.message}`),
    );
    failpoint("sink.after_dead_letters");
  }

  /**
   * Inserts what is left of the plan, halving parts that ClickHouse refuses for a row; returns the plan without parts. What
   * became of a part is in the key before the next is sent, so a crash leaves at most one insert in doubt.
   */
  async #insertParts(plan: Plan, frames: readonly TrimmedFrame[], inDoubt: boolean): Promise<Plan> {
    const { inserter, signal } = this.options;
    for (; plan.parts.length > 0; inDoubt = false) {
      const [{ from, to, token }] = plan.parts;
      if (plan.decision === "skip") {
        plan = await this.#save(advance(plan));
        continue;
      }
      const block = this.#merge(frames, from, to);
      failpoint("sink.before_insert");
      const refused = await inserter.insert({
        block,
        rows: to - from,
        token,
        startedAt: plan.startedAt,
        inDoubt: inDoubt && plan.decision !== "insert",
      }, signal);
      failpoint("sink.after_insert");
      if (!refused) {
        plan = advance(plan);
        if (plan.parts.length > 0) await this.#save(plan); // else the plan is done, and *done* is the next write
      } else if (to - from > 1) {
        plan = await this.#save(bisect(plan));
        failpoint("sink.after_bisect");
      } else {
        plan = await this.#save(advance(plan, refused.refused));
        if (plan.rejected.length < MAX_REJECTED) continue;
        await this.#publish(this.#rejected(plan, frames));
        plan = await this.#save(lettersStored(plan));
      }
    }
    return plan;
  }

  async #save(plan: Plan): Promise<Plan> {
    await this.options.lane.change((now) => ({ ...now, plan }));
    return plan;
  }

  /** Rows [from, to) of the plan as one block. */
  #merge(frames: readonly TrimmedFrame[], from: number, to: number): Uint8Array {
    const parts: BlockPart[] = [];
    let at = 0;
    for (const { frame, firstRow } of frames) {
      const count = frame.rows - firstRow;
      const first = Math.max(from, at);
      const last = Math.min(to, at + count);
      if (first < last) parts.push(toPart(frame, firstRow + first - at, firstRow + last - at));
      at += count;
    }
    return mergeBlocks(this.options.program.columns, parts).block;
  }

  /** The letters of the rows that ClickHouse refused alone. */
  #rejected(plan: Plan, frames: readonly TrimmedFrame[]): DeadLetter[] {
    const blocks = new Map<Frame, Block>();
    return plan.rejected.map(([row, error]) => {
      const { frame, index } = locate(frames, row);
      let block = blocks.get(frame);
      if (!block) blocks.set(frame, block = readBlock(frame.block));
      return {
        component: "sink",
        reason: "sink_rejection",
        error: `failed to send the batch: ${error}`,
        origin: frame.origin,
        position: frame.positions[index],
        original: shortenOriginal(new TextEncoder().encode(rowJson(block, index))),
      };
    });
  }
}

const tableOf = ({ database, table }: SinkProgram) => `${database}.${table}`;

/** The frame that row `row` of a plan stands in, and where. */
function locate(frames: readonly TrimmedFrame[], row: number): { frame: Frame; index: number } {
  let at = 0;
  for (const { frame, firstRow } of frames) {
    const count = frame.rows - firstRow;
    if (row < at + count) return { frame, index: firstRow + row - at };
    at += count;
  }
  throw new RangeError(`the plan has no row ${row}`);
}

/** Rows [from, to) of a frame. */
function toPart(frame: Frame, from: number, to: number): BlockPart {
  const part = { bytes: frame.block, columnLengths: frame.columnLengths, rows: frame.rows };
  if (from === 0 && to === frame.rows) return part;
  const skip: number[] = [];
  for (let row = 0; row < frame.rows; row++) if (row < from || row >= to) skip.push(row);
  return { ...part, skip };
}

/** What a session expects next: the durable marks, moved on by what it holds. */
class ExpectedFrames {
  readonly #durable: Readonly<Record<string, number>>;
  readonly #positions: Map<string, number>;

  constructor({ marks }: LaneRecord, readonly layout: string) {
    this.#durable = marks.sequences;
    this.#positions = new Map(Object.entries(marks.positions));
  }

  /** False: handled before, acknowledged here. Throws what must not be handled. */
  accept(delivery: Delivery): boolean {
    const { frame, shard, sequence } = delivery;
    if (sequence <= (this.#durable[shard] ?? 0)) {
      delivery.ack();
      return false;
    }
    if (frame.origin === ONCE) throw new MalformedFrame(`frame ${sequence} has no positions: no stage has re-based it`);
    if (frame.rows > 0 && frame.layout !== this.layout) {
      throw new LayoutMismatch(
        `frame ${sequence} has layout ${frame.layout}, this version of the pipeline writes ${this.layout}: the mapping was ` +
          "edited while rows were under way; bring it back, let the pipeline write them, stop it, and edit it then",
      );
    }
    const mark = this.#positions.get(frame.origin) ?? NO_MARK;
    if (isGap(frame, mark)) {
      throw new PositionGap(
        `shard ${shard}: frame ${sequence} follows position ${frame.prev} of ${frame.origin}, but only ${mark} is handled`,
      );
    }
    this.#positions.set(frame.origin, Math.max(mark, frame.watermark));
    return true;
  }
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
