/**
 * The transform stage: owns shards of the edge `in`, runs the compiled program over their frames, and sends the results to
 * the edge `out`. With deduplication it keeps state, without it keeps nothing. See `docs/exactly-once.md` §3 and §4.
 */
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { ConsumerBroken, FencedOut, messageOf, PipelineError } from "../../runtime/errors.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import type { Frame } from "../../runtime/frame.ts";
import { deliveries, type ShardConsumerOptions, takeOverConsumer } from "../../runtime/nats/consumer.ts";
import { edgeSubject, ownerKey, streamName } from "../../runtime/nats/names.ts";
import { OrderedPublisher, sleep } from "../../runtime/nats/publish.ts";
import { CasRecord } from "../../runtime/nats/record.ts";
import { incarnation } from "../../runtime/nats/streams.ts";
import { claim, type Lease, type OwnerRecord } from "../../runtime/ownership.ts";
import { ownShards, type Stage, type WorkerContext } from "../../runtime/stage.ts";
import { compute, toFrame } from "./compute.ts";
import { TransformMetrics } from "./metrics.ts";
import { runStateful } from "./stateful.ts";
import { runStateless } from "./stateless.ts";

/** A frame is acknowledged when its output is stored, which back-pressure can delay for long. */
const ACK_WAIT_MS = 600_000;

export function stage(program: TransformProgram): Stage {
  return {
    name: "transform",
    stateful: program.dedupWindowMs !== null,
    run: (context) => run(program, context),
    invoke: (frame) => invoke(program, frame),
  };
}

async function run(program: TransformProgram, context: WorkerContext): Promise<void> {
  const { settings } = context;
  const fence = new AbortController();
  const metrics = new TransformMetrics(context.metrics);
  try {
    const shards = ownShards(settings.shards, settings.replica, settings.replicas);
    await Promise.all(shards.map((shard) => ownShard(program, context, shard, metrics, fence.signal)));
  } catch (error) {
    fence.abort(error);
    throw error;
  }
}

async function ownShard(
  program: TransformProgram,
  context: WorkerContext,
  shard: number,
  metrics: TransformMetrics,
  fence: AbortSignal,
): Promise<void> {
  const record = new CasRecord<OwnerRecord>(context.kv, ownerKey("transform", shard));
  const owner = `transform-${context.settings.replica}/${crypto.randomUUID()}`;
  const lease = await claim(record, owner, AbortSignal.any([context.draining, fence]));
  failpoint("transform.after_claim");
  const done = new AbortController();
  const kept = lease.keep(AbortSignal.any([done.signal, fence]));
  try {
    const lost = kept.then(() => new Promise<never>(() => {}));
    await Promise.race([sessions(program, context, shard, lease, metrics, fence), lost]);
  } finally {
    done.abort();
    await kept.catch(() => undefined); // a lost lease already ended the race above
  }
}

/** Sessions until the worker drains: each starts from what is durable and ends when something broke. */
async function sessions(
  program: TransformProgram,
  context: WorkerContext,
  shard: number,
  lease: Lease,
  metrics: TransformMetrics,
  fence: AbortSignal,
): Promise<void> {
  const part = `shard ${shard}`;
  for (let pause = 100; !context.draining.aborted; pause = Math.min(pause * 2, 5_000)) {
    fence.throwIfAborted();
    const began = performance.now();
    try {
      await session(program, context, shard, lease, metrics, fence);
      return;
    } catch (error) {
      if (error instanceof FencedOut || fence.aborted) throw error;
      context.log.warn({ shard, err: error }, "transform session ends and starts again");
      if (!(error instanceof ConsumerBroken)) {
        const helpless = error instanceof PipelineError && !error.retryable;
        context.report(part, { state: helpless ? "blocked" : "waiting", reason: messageOf(error) });
      }
      if (performance.now() - began > 10_000) pause = 100;
      await sleep(pause, AbortSignal.any([fence, context.draining])).catch((stop) => {
        if (fence.aborted) throw stop;
      });
    }
  }
}

async function session(
  program: TransformProgram,
  context: WorkerContext,
  shard: number,
  lease: Lease,
  metrics: TransformMetrics,
  fence: AbortSignal,
): Promise<void> {
  const { settings, js, jsm } = context;
  const stream = streamName(settings.hash, "in");
  const inStream = incarnation(await jsm.streams.info(stream));
  const origin = `edge:${inStream}:${shard}`;
  const publisher = new OrderedPublisher(js, edgeSubject(settings.hash, "out", shard), fence, (active, error) => {
    metrics.backpressure(active);
    context.report(
      `shard ${shard}`,
      active ? { state: "waiting", reason: error?.message ?? "the output edge is full" } : { state: "running" },
    );
  });
  const options: ShardConsumerOptions = {
    js,
    jsm,
    stream,
    subject: edgeSubject(settings.hash, "in", shard),
    stage: "transform",
    shard,
    epoch: lease.epoch,
    ackWaitMs: ACK_WAIT_MS,
  };
  const stop = new AbortController();
  const ended = AbortSignal.any([context.draining, fence, stop.signal]);
  const open = async () => {
    const consumer = await takeOverConsumer(options);
    failpoint("transform.after_consumer");
    context.report(`shard ${shard}`, { state: "running" });
    return deliveries(consumer, options, ended);
  };
  try {
    if (program.dedupWindowMs === null) {
      await runStateless({ program, origin, publisher, metrics }, await open());
    } else {
      const windowMs = program.dedupWindowMs;
      await runStateful({ program, windowMs, context, shard, lease, inStream, publisher, metrics }, open);
    }
  } finally {
    stop.abort();
  }
}

/** One frame through the program without state, streams or identity: rows keep their index as position. */
function invoke(program: TransformProgram, frame: Frame): Frame {
  const pieces = compute(program, program.create(), frame, 0, NOTHING_SEEN);
  const [piece] = pieces;
  if (!piece || pieces.length > 1) throw new RangeError("the frame is empty or too large to be answered in one piece");
  return toFrame(program, piece, { origin: frame.origin, prev: -1, watermark: piece.watermark, committed: -1 });
}

const NOTHING_SEEN = { has: () => false, add: () => {}, begin: () => {}, rollback: () => {} };
