/**
 * Names of what belongs to a pipeline on the message bus, all derived from its id. The dead-letter names are part of
 * the public contract: tools read those streams directly.
 */
import { createHash } from "node:crypto";

/** First 8 hex digits of SHA-256 of the pipeline id: `shop-orders` gives `f4b23a36`. */
export function pipelineHash(pipelineId: string): string {
  return createHash("sha256").update(pipelineId, "utf8").digest("hex").slice(0, 8);
}

/** Stream of rows that could not be delivered. */
export function dlqStream(pipelineId: string): string {
  return `gfm-${pipelineHash(pipelineId)}-DLQ`;
}

export function dlqSubject(pipelineId: string): string {
  return `${dlqStream(pipelineId)}.failed`;
}

/** Durable consumer that remembers which dead letters were handed out. */
export function dlqConsumer(pipelineId: string): string {
  return `${dlqStream(pipelineId)}-consumer`;
}

/** Subject prefix the receiver configuration route reports. */
export function otlpOutputSubject(pipelineId: string): string {
  return `gfm-${pipelineHash(pipelineId)}-otlp-out`;
}

export function sinkConsumer(pipelineId: string): string {
  return `gf-nats-si-${pipelineHash(pipelineId)}`;
}

export function transformConsumer(pipelineId: string): string {
  return `gf-nats-di-${pipelineHash(pipelineId)}`;
}

/** Subject of one shard of one stage edge. */
export function edgeSubject(pipelineId: string, edge: string, shard: number): string {
  return `gf.${pipelineHash(pipelineId)}.${edge}.${shard}`;
}
