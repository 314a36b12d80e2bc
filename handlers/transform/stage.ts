/**
 * The transform stage: owns shards of the edge `in`, runs the compiled program over their frames, and sends the results to
 * the edge `out`. With deduplication it keeps state, without it keeps nothing. See `docs/exactly-once.md` §3 and §4.
 */
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { ConsumerBroken, FencedOut, isFencedOut } from "../../runtime/errors.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import type { Frame } from "../../runtime/frame.ts";
import { deliveries, prefetchShare, type ShardConsumerOptions, takeOverConsumer } from "../../runtime/nats/consumer.ts";
import { edgeSubject, ownerKey, streamName } from "../../runtime/nats/names.ts";
import { OrderedPublisher, sleep } from "../../runtime/nats/publish.ts";
import { CasRecord } from "../../runtime/nats/record.ts";
import { incarnation } from "../../runtime/nats/streams.ts";
import { claim, type Lease, type OwnerRecord } from "../../runtime/ownership.ts";
import { PartStatus } from "../../runtime/part_status.ts";
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
  const shards = ownShards(settings.shards, settings.replica, settings.replicas)
    .map((shard) => ownShard(program, context, shard, metrics, fence));
  try {
    await Promise.all(shards);
  } finally {
    fence.abort(new FencedOut("the transform has ended"));
    await Promise.allSettled(shards);
  }
}

/** One shard from takeover to drain. Rejects when it is lost; this process then stops touching the others too. */
async function ownShard(
  program: TransformProgram,
  context: WorkerContext,
  shard: number,
  metrics: TransformMetrics,
  fence: AbortController,
): Promise<void> {
  const record = new CasRecord<OwnerRecord>(context.kv, ownerKey("transform", shard));
  const owner = `transform-${context.settings.replica}/${crypto.randomUUID()}`;
  const lease = await claim(record, owner, AbortSignal.any([context.draining, fence.signal]));
  failpoint("transform.after_claim");
  const done = new AbortController();
  const kept = lease.keep(AbortSignal.any([done.signal, fence.signal]));
  const running = sessions({ program, context, shard, lease, metrics, fence: fence.signal });
  try {
    await Promise.race([running, kept.then(() => new Promise<never>(() => {}))]);
  } catch (error) {
    fence.abort(error);
    await Promise.allSettled([running]);
    throw error;
  } finally {
    done.abort();
  }
}

interface OwnedShard {
  readonly program: TransformProgram;
  readonly context: WorkerContext;
  readonly shard: number;
  readonly lease: Lease;
  readonly metrics: TransformMetrics;
  readonly fence: AbortSignal;
}

/** Sessions until the worker drains: each starts from what is durable and ends when something broke. */
async function sessions(owned: OwnedShard): Promise<void> {
  const { context, shard, lease, fence } = owned;
  const status = new PartStatus(`shard ${shard}`, context.report);
  for (let pause = 100, first = true; !context.draining.aborted; pause = Math.min(pause * 2, 5_000), first = false) {
    fence.throwIfAborted();
    const began = performance.now();
    try {
      if (!first) await lease.renew(); // a displaced owner ends here instead of fighting for the consumer
      await session(owned, status);
      return;
    } catch (error) {
      if (isFencedOut(error) || fence.aborted) throw error;
      context.log.warn({ shard, err: error }, "transform session ends and starts again");
      status.trouble(error);
      if (performance.now() - began > 10_000) pause = 100;
      await sleep(pause, AbortSignal.any([fence, context.draining])).catch((stop) => {
        if (fence.aborted) throw stop;
      });
    }
  }
}

async function session({ program, context, shard, lease, metrics, fence }: OwnedShard, status: PartStatus) {
  const { settings, nc, js, jsm } = context;
  const stream = streamName(settings.hash, "in");
  const inStream = incarnation(await jsm.streams.info(stream));
  const origin = `edge:${inStream}:${shard}`;
  const shards = ownShards(settings.shards, settings.replica, settings.replicas).length;
  const ending = new AbortController();
  const stop = () => ending.abort(new ConsumerBroken("the session has ended"));
  const publisher = new OrderedPublisher(
    js,
    edgeSubject(settings.hash, "out", shard),
    AbortSignal.any([fence, ending.signal]),
    (active, error) => {
      metrics.backpressure(active);
      status.waiting(active ? error?.message ?? "the output edge is full" : null);
    },
  );
  const options: ShardConsumerOptions = {
    nc,
    js,
    jsm,
    stream,
    subject: edgeSubject(settings.hash, "in", shard),
    stage: "transform",
    shard,
    epoch: lease.epoch,
    ackWaitMs: ACK_WAIT_MS,
    prefetchBytes: prefetchShare(shards),
  };
  const ended = AbortSignal.any([context.draining, fence, ending.signal]);
  const open = async () => {
    const consumer = await takeOverConsumer(options);
    failpoint("transform.after_consumer");
    status.opened();
    return deliveries(consumer, options, ended);
  };
  try {
    if (program.dedupWindowMs === null) {
      await runStateless({ program, origin, publisher, metrics, status }, await open());
    } else {
      const windowMs = program.dedupWindowMs;
      const parts = { program, windowMs, context, shard, shards, lease, inStream, publisher, metrics, status, stop };
      await runStateful(parts, open);
    }
  } finally {
    stop();
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
