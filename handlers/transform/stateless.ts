/**
 * A transform without deduplication keeps nothing: each input frame becomes its output frame(s), published strictly in
 * order, and is acknowledged after they are stored. Rows without positions are re-based: origin = (edge, shard), position
 * from the input's sequence, so that a frame published twice is trimmed by the next stage. Rows that have positions of their
 * source keep them.
 */
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { encodeFrame, ONCE, ROWS_PER_MESSAGE } from "../../runtime/frame.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import type { Delivery } from "../../runtime/nats/consumer.ts";
import type { OrderedPublisher } from "../../runtime/nats/publish.ts";
import type { PartStatus } from "../../runtime/part_status.ts";
import { compute, toFrame } from "./compute.ts";
import type { TransformMetrics } from "./metrics.ts";
import { passOn } from "./source_frames.ts";

export interface StatelessShard {
  readonly program: TransformProgram;
  /** Origin of the re-based rows: the input stream's incarnation and the shard. */
  readonly origin: string;
  readonly publisher: OrderedPublisher;
  readonly metrics: TransformMetrics;
  readonly status: PartStatus;
}

/** Handles deliveries until they end; rejects when the consumer broke (the caller starts a new session). */
export async function runStateless(shard: StatelessShard, deliveries: AsyncIterable<Delivery>): Promise<void> {
  const { program, origin, publisher, metrics, status } = shard;
  const instance = program.create();
  let prev: number | null = null;
  let committed = 0;
  for await (const delivery of deliveries) {
    failpoint("transform.after_receive");
    if (delivery.frame.origin !== ONCE) {
      const pieces = compute(program, instance, delivery.frame, 0, null);
      failpoint("transform.before_pass");
      for (const frame of passOn(program, delivery.frame, pieces)) await publisher.publish(encodeFrame(frame));
      failpoint("transform.after_pass");
      delivery.ack();
      metrics.handled([delivery], pieces);
      status.progress();
      continue;
    }
    const base = delivery.sequence * ROWS_PER_MESSAGE;
    // First of a session: everything before it was acknowledged, so it is already in the next edge, ahead of this.
    if (prev === null) {
      committed = base;
      prev = base - 1;
    }
    const pieces = compute(program, instance, delivery.frame, base, null);
    const last = base + ROWS_PER_MESSAGE - 1;
    failpoint("transform.before_pass");
    for (const [i, piece] of pieces.entries()) {
      const watermark: number = i === pieces.length - 1 ? last : piece.watermark;
      await publisher.publish(encodeFrame(toFrame(program, piece, { origin, prev, watermark, committed })));
      prev = watermark;
    }
    failpoint("transform.after_pass");
    delivery.ack();
    metrics.handled([delivery], pieces);
    status.progress();
  }
}
