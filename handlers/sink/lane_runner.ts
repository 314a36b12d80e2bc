/**
 * One lane from takeover to drain: finish the open plan, load marks, take over the consumers, then plan → dead letters →
 * insert → done → acknowledge, batch after batch. Any broken step ends the session; the next starts from the lane key.
 */
import { type BlockPart, mergeBlocks, readBlock, rowJson } from "../../pipeline/native/mod.ts";
import type { SinkProgram } from "../../pipeline/compile/program.ts";
import { decodeFrame, type Frame } from "../../runtime/frame.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import { FencedOut, PipelineError, PositionGap } from "../../runtime/errors.ts";
import { type Lane, LANE_VERSION, type LaneRecord, type Plan } from "../../runtime/lane.ts";
import { deliveries, type Delivery, type ShardConsumerOptions, takeOverConsumer } from "../../runtime/nats/consumer.ts";
import { edgeSubject, streamName } from "../../runtime/nats/names.ts";
import { incarnation } from "../../runtime/nats/streams.ts";
import { sleep } from "../../runtime/nats/publish.ts";
import type { WorkerContext } from "../../runtime/stage.ts";
import { Batcher } from "./batch.ts";
import { type DeadLetter, publishDeadLetters } from "./dead_letters.ts";
import type { Inserter } from "./insert.ts";
import type { SinkMetrics } from "./metrics.ts";
import { bisect, finish, type HeldFrame, isGap, makePlan, NO_MARK, trim, type TrimmedFrame } from "./plan.ts";

const HELD_BYTES = 128 << 20;
const MAX_FRAMES = 2_048;
/** A session that meets the same gap this often reports the pipeline as blocked. */
const GAP_ATTEMPTS = 3;

export interface LaneRunnerOptions {
  readonly context: WorkerContext;
  readonly program: SinkProgram;
  readonly lane: Lane;
  readonly number: number;
  readonly shards: readonly number[];
  readonly inserter: Inserter;
  readonly metrics: SinkMetrics;
  /** Aborts at once (the process is fenced), unlike draining. */
  readonly signal: AbortSignal;
}

export class LaneRunner {
  readonly #stream: string;
  #gaps = 0;

  constructor(readonly options: LaneRunnerOptions) {
    this.#stream = streamName(options.context.settings.hash, "out");
  }

  /** Sessions until the worker drains. Rejects with {@link FencedOut} when the lane is lost. */
  async run(): Promise<void> {
    const { context, signal, number } = this.options;
    for (let pause = 100; !context.draining.aborted; pause = Math.min(pause * 2, 5_000)) {
      signal.throwIfAborted();
      const started = performance.now();
      try {
        await this.#session();
        return;
      } catch (error) {
        if (error instanceof FencedOut || signal.aborted) throw error;
        if (error instanceof PositionGap && ++this.#gaps >= GAP_ATTEMPTS) {
          context.report(`lane ${number}`, { state: "blocked", reason: error.message });
        }
        context.log.warn({ lane: number, err: error }, "sink session ends and starts again");
        if (performance.now() - started > 10_000) pause = 100;
        await sleep(pause, AbortSignal.any([signal, context.draining])).catch((stop) => {
          if (signal.aborted) throw stop;
        });
      }
    }
  }

  async #session(): Promise<void> {
    const { context, lane, shards, number, signal } = this.options;
    const info = await context.jsm.streams.info(this.#stream);
    const stream = incarnation(info);
    if (lane.value.plan) await this.#finishOpenPlan(lane.value.plan);
    if (lane.value.marks.stream !== stream) {
      await lane.change((now) => ({ ...now, marks: { ...now.marks, stream, sequences: {} } }));
    }
    failpoint("sink.after_recover");
    const batcher = new Batcher({
      maxRows: this.options.program.maxBatchRows,
      maxDelayMs: this.options.program.maxDelayMs,
      maxBytes: HELD_BYTES,
      maxFrames: MAX_FRAMES,
    });
    const stop = new AbortController();
    const ended = AbortSignal.any([stop.signal, context.draining, signal]);
    const consumers = await Promise.all(shards.map(async (shard) => {
      const options: ShardConsumerOptions = {
        js: context.js,
        jsm: context.jsm,
        stream: this.#stream,
        subject: edgeSubject(context.settings.hash, "out", shard),
        stage: "sink",
        shard,
        epoch: lane.value.epoch,
        ackWaitMs: this.options.program.maxDelayMs + 600_000,
        maxAckPending: MAX_FRAMES * 4,
      };
      return { options, consumer: await takeOverConsumer(options) };
    }));
    failpoint("sink.after_consumer");
    context.report(`lane ${number}`, { state: "running" });
    const tentative = new TentativeMarks(lane.value);
    const pumps = consumers.map(async ({ consumer, options }) => {
      for await (const delivery of deliveries(consumer, options, ended)) {
        if (!tentative.accept(delivery)) continue;
        await batcher.push(delivery);
      }
    });
    const receiving = Promise.all(pumps).finally(() => batcher.close());
    try {
      for (let batch; (batch = await Promise.race([batcher.take(), failed(receiving)])) !== null;) {
        await this.#handle(batch);
        this.#gaps = 0;
      }
      await receiving;
    } finally {
      stop.abort();
      batcher.close();
      await receiving.catch(() => undefined); // the first error is already on its way
    }
  }

  async #handle(batch: readonly Delivery[]): Promise<void> {
    const { lane, program, metrics } = this.options;
    const held: HeldFrame[] = batch.map(({ shard, sequence, frame }) => ({ shard, sequence, frame }));
    failpoint("sink.before_plan");
    const plan = makePlan(
      held,
      lane.value.marks,
      { table: `${program.database}.${program.table}`, layout: program.layout },
      Date.now(),
    );
    await lane.change((now) => ({ ...now, beat: now.beat + 1, plan }));
    failpoint("sink.after_plan");
    await this.#carryOut(plan, held);
    for (const delivery of batch) delivery.ack();
    failpoint("sink.after_ack");
    metrics.acknowledged(batch);
  }

  /** An earlier owner (or session) left a plan: its frames are still there, since none is acknowledged before it is done. */
  async #finishOpenPlan(plan: Plan): Promise<void> {
    const { context } = this.options;
    const held: HeldFrame[] = [];
    for (const [shard, sequence] of plan.frames) {
      const message = await context.jsm.streams.getMessage(this.#stream, { seq: sequence });
      if (!message) {
        throw new Error(
          `the open plan names frame ${sequence} of ${this.#stream}, which is gone: was the stream purged or made anew? ` +
            `Terminate and resume the pipeline to go on without it.`,
        );
      }
      held.push({ shard, sequence, frame: decodeFrame((name) => message.header.get(name), message.data) });
    }
    context.log.info({ frames: held.length, token: plan.token }, "finishing the plan that was open");
    await this.#carryOut(plan, held);
  }

  async #carryOut(plan: Plan, held: readonly HeldFrame[]): Promise<void> {
    const { context, lane, metrics, signal, number } = this.options;
    const trimmed = trim(held, lane.value.marks);
    const letters = trimmed.frames.flatMap(({ frame, dead }) => dead.map((row) => ({ ...row, origin: frame.origin })));
    const onWait = (error: PipelineError | null) =>
      context.report(
        `lane ${number}`,
        error ? { state: "waiting", reason: `dead letters cannot be stored: ${error.message}` } : { state: "running" },
      );
    if (letters.length > 0) {
      await publishDeadLetters(context.js, context.settings.hash, letters, signal, onWait);
      failpoint("sink.after_dead_letters");
    }
    const done = await this.#insertParts(plan, trimmed.frames);
    await lane.change((now) => finish({ ...now, beat: now.beat + 1, plan: done }, trimmed.frames, trimmed.marks));
    failpoint("sink.after_done");
    metrics.written(trimmed.frames, done, letters.length);
  }

  /** Inserts what is left of the plan, halving parts that ClickHouse refuses for a row. Returns the plan as it ended. */
  async #insertParts(plan: Plan, frames: readonly TrimmedFrame[]): Promise<Plan> {
    const { inserter, signal, metrics } = this.options;
    for (let i = 0; i < plan.parts.length;) {
      const part = plan.parts[i];
      if (part.done || part.from === part.to) {
        i++;
        continue;
      }
      const merged = this.#merge(frames, part.from, part.to);
      failpoint("sink.before_insert");
      const refused = await inserter.insert(merged, part.to - part.from, part.token, signal);
      failpoint("sink.after_insert");
      if (!refused) {
        if (plan.parts.length > 1) {
          plan = await this.#save({ ...plan, parts: plan.parts.with(i, { ...part, done: true }) });
        }
        i++;
      } else if (part.to - part.from > 1) {
        plan = await this.#save(bisect(plan, i));
        failpoint("sink.after_bisect");
      } else {
        plan = await this.#save({
          ...plan,
          parts: plan.parts.with(i, { ...part, done: true }),
          rejected: [...plan.rejected, [part.from, refused.refused]],
        });
        i++;
      }
    }
    const rejected = plan.rejected.map(([row, error]) => this.#letter(frames, row, error));
    if (rejected.length > 0) {
      await publishDeadLetters(this.options.context.js, this.options.context.settings.hash, rejected, signal, () => {});
      failpoint("sink.after_dead_letters");
      metrics.rejected(rejected.length);
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

  #letter(frames: readonly TrimmedFrame[], row: number, error: string): DeadLetter {
    let at = 0;
    for (const { frame, firstRow } of frames) {
      const count = frame.rows - firstRow;
      if (row < at + count) {
        const index = firstRow + row - at;
        return {
          component: "sink",
          reason: "sink_rejection",
          error: `failed to send the batch: ${error}`,
          origin: frame.origin,
          position: frame.positions[index],
          original: new TextEncoder().encode(rowJson(readBlock(frame.block), index)),
        };
      }
      at += count;
    }
    throw new RangeError(`the plan has no row ${row}`);
  }
}

/** Rows [from, to) of a frame. */
function toPart(frame: Frame, from: number, to: number): BlockPart {
  const part = { bytes: frame.block, columnLengths: frame.columnLengths, rows: frame.rows };
  if (from === 0 && to === frame.rows) return part;
  const skip: number[] = [];
  for (let row = 0; row < frame.rows; row++) if (row < from || row >= to) skip.push(row);
  return { ...part, skip };
}

/** Marks as they will be when what is held is done: for trimming redeliveries and seeing gaps before a plan is made. */
class TentativeMarks {
  readonly #sequences = new Map<number, number>();
  readonly #positions = new Map<string, number>();

  constructor(record: LaneRecord) {
    if (record.version !== LANE_VERSION) throw new FencedOut(`lane version ${record.version}`);
    for (const [shard, sequence] of Object.entries(record.marks.sequences)) {
      this.#sequences.set(Number(shard), sequence);
    }
    for (const [origin, position] of Object.entries(record.marks.positions)) this.#positions.set(origin, position);
  }

  /** False: handled before, acknowledged here. Throws {@link PositionGap}. */
  accept(delivery: Delivery): boolean {
    if (delivery.sequence <= (this.#sequences.get(delivery.shard) ?? 0)) {
      delivery.ack();
      return false;
    }
    const { frame } = delivery;
    const mark = this.#positions.get(frame.origin) ?? NO_MARK;
    if (isGap(frame, mark)) {
      throw new PositionGap(
        `shard ${delivery.shard}: frame ${delivery.sequence} follows position ${frame.prev} of ${frame.origin}, ` +
          `but only ${mark} is handled`,
      );
    }
    this.#sequences.set(delivery.shard, delivery.sequence);
    this.#positions.set(frame.origin, Math.max(mark, frame.watermark));
    return true;
  }
}

/** Rejects when the promise rejects; never resolves. */
function failed(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => promise.catch(reject));
}
