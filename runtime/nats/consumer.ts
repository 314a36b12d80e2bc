/**
 * The receiving end of one shard: a durable pull consumer named by its owner's epoch. Deliveries are contiguous: at a hole,
 * a redelivery or a lost connection the iteration breaks; what is held is dropped and the consumer is made anew, so that it
 * starts at the first message that is not acknowledged.
 */
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { decodeFrame, type Frame } from "../frame.ts";
import { ConsumerBroken, FencedOut } from "../errors.ts";
import { apiErrorCode } from "./api_error.ts";
import { onReconnect } from "./connect.ts";
import { consumerName } from "./names.ts";

export interface Delivery {
  readonly shard: number;
  /** The message's sequence in the stream. */
  readonly sequence: number;
  readonly frame: Frame;
  readonly bytes: number;
  /** Messages still waiting behind this one. */
  readonly pending: number;
  /** To be called only when the effect of the frame is durable. */
  ack(): void;
}

export interface ShardConsumerOptions {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly stream: string;
  readonly subject: string;
  readonly stage: string;
  readonly shard: number;
  readonly epoch: number;
  /** Bytes asked for ahead of the handler. */
  readonly prefetchBytes?: number;
  /** Longest time a frame may be held before it is acknowledged. */
  readonly ackWaitMs: number;
  readonly maxAckPending?: number;
}

/** Bytes that a process asks for ahead, over all its shards. A shard's part must hold the largest message (8 MiB). */
const PREFETCH_BYTES = 64 << 20;
const LEAST_PREFETCH_BYTES = 9 << 20;
const MOST_PREFETCH_BYTES = 16 << 20;

/** What one of so many shards of a process may ask for ahead of its handler. */
export function prefetchShare(shards: number): number {
  return Math.min(MOST_PREFETCH_BYTES, Math.max(LEAST_PREFETCH_BYTES, Math.floor(PREFETCH_BYTES / shards)));
}

/** Deletes consumers of lower epochs and creates this epoch's. A higher epoch means that this owner is late. */
export async function takeOverConsumer(options: ShardConsumerOptions): Promise<Consumer> {
  const { jsm, js, stream, subject, stage, shard, epoch } = options;
  const prefix = `${stage}-${shard}-e`;
  const names: string[] = [];
  for await (const { name } of jsm.consumers.list(stream)) if (name.startsWith(prefix)) names.push(name);
  const newer = names.find((name) => Number(name.slice(prefix.length)) > epoch);
  if (newer) throw new FencedOut(`consumer ${newer} of a newer owner exists`);
  for (const name of names) {
    try {
      await jsm.consumers.delete(stream, name);
    } catch (error) {
      if (apiErrorCode(error) !== 10014) throw error; // gone already
    }
  }
  const name = consumerName(stage, shard, epoch);
  await jsm.consumers.add(stream, {
    durable_name: name,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: options.ackWaitMs * 1e6,
    max_deliver: -1,
    max_ack_pending: options.maxAckPending ?? 1_024,
  });
  return await js.consumers.get(stream, name);
}

/**
 * Deliveries, in order, of a consumer that was made just now (its first delivery has number 1). Ends when the signal
 * aborts; throws {@link ConsumerBroken} at a hole.
 */
export async function* deliveries(
  consumer: Consumer,
  options: ShardConsumerOptions,
  signal: AbortSignal,
): AsyncGenerator<Delivery> {
  if (signal.aborted) return;
  const messages: ConsumerMessages = await consumer.consume({
    max_bytes: options.prefetchBytes ?? MOST_PREFETCH_BYTES,
    expires: 30_000,
    idle_heartbeat: 5_000,
  });
  const stop = () => messages.stop();
  let reason = "the consumer stopped";
  const breakOff = (why: string) => {
    reason = why;
    messages.stop();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const forget = onReconnect(options.nc, () => breakOff("the connection was lost and came back"));
  watchForDeletion(messages, breakOff);
  let expected = 1;
  try {
    for await (const message of messages) {
      if (signal.aborted) return;
      const { deliverySequence, deliveryCount, pending } = message.info;
      if (deliverySequence !== expected || deliveryCount > 1) {
        throw new ConsumerBroken(
          `shard ${options.shard}: delivery ${deliverySequence} (attempt ${deliveryCount}) where ${expected} was due`,
        );
      }
      expected++;
      yield toDelivery(message, options.shard, pending);
    }
    if (!signal.aborted) throw new ConsumerBroken(`shard ${options.shard}: ${reason}`);
  } finally {
    signal.removeEventListener("abort", stop);
    forget();
    messages.stop();
  }
}

function toDelivery(message: JsMsg, shard: number, pending: number): Delivery {
  const headers = message.headers;
  return {
    shard,
    sequence: message.seq,
    frame: decodeFrame((name) => headers?.get(name) ?? "", message.data),
    bytes: message.data.length,
    pending,
    ack: () => message.ack(),
  };
}

/** Breaks off when the server says that the consumer or stream is gone. */
function watchForDeletion(messages: ConsumerMessages, breakOff: (reason: string) => void): void {
  const watch = async () => {
    for await (const { type } of messages.status()) {
      if (["consumer_deleted", "consumer_not_found", "stream_not_found"].includes(type)) {
        return breakOff(`the server says ${type}`);
      }
    }
  };
  watch().catch((error) => breakOff(String(error)));
}
