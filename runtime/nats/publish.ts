/** Publishing frames: errors are classed, and replayable origins go out strictly in order, one in flight. */
import { headers as natsHeaders, type MsgHdrs } from "@nats-io/nats-core";
import type { JetStreamClient, PubAck } from "@nats-io/jetstream";
import { messageOf, MessageTooLarge, PipelineError, StreamFull, Unavailable } from "../errors.ts";
import type { EncodedFrame } from "../frame.ts";
import { apiErrorCode, isNatsError, isNoResponders } from "./api_error.ts";

const STORE_FAILED = 10077;
const WRONG_LAST_SEQUENCE = new Set([10071, 10164]);
const INSUFFICIENT_RESOURCES = new Set([10023, 10047, 10028]);
/** The stream's own limit for a message. */
const MESSAGE_EXCEEDS_MAXIMUM = 10054;

export interface PublishOptions {
  readonly messageId?: string;
  /** Refuse when the subject has a message already. */
  readonly onlyFirst?: boolean;
  readonly timeoutMs?: number;
}

/** The message was refused because its subject has one already. */
export class AlreadyPublished extends PipelineError {
  override readonly name = "AlreadyPublished";
  readonly code = "ALREADY_PUBLISHED";
  readonly retryable = false;
}

/** Publishes once and classes the failure: {@link StreamFull}, {@link Unavailable} (outcome unknown) or {@link AlreadyPublished}. */
export async function publish(
  js: JetStreamClient,
  subject: string,
  message: EncodedFrame,
  { messageId, onlyFirst, timeoutMs = 5_000 }: PublishOptions = {},
): Promise<PubAck> {
  const headers: MsgHdrs = natsHeaders();
  for (const name in message.headers) headers.set(name, message.headers[name]);
  if (onlyFirst) headers.set("Nats-Expected-Last-Subject-Sequence", "0");
  try {
    return await js.publish(subject, message.payload, {
      headers,
      timeout: timeoutMs,
      retries: 1,
      ...(messageId ? { msgID: messageId } : {}),
    });
  } catch (cause) {
    throw classifyPublishError(cause, subject);
  }
}

export function classifyPublishError(cause: unknown, subject: string): PipelineError {
  const code = apiErrorCode(cause);
  if (code !== null) {
    if (WRONG_LAST_SEQUENCE.has(code)) return new AlreadyPublished(`${subject} has a message`, { cause });
    if (code === MESSAGE_EXCEEDS_MAXIMUM) return tooLarge(subject, cause);
    if (code === STORE_FAILED || INSUFFICIENT_RESOURCES.has(code)) {
      return new StreamFull(`the stream of ${subject} is full (${messageOf(cause)})`, { cause });
    }
  }
  // The client looks at the server's max_payload before it sends.
  if (isNatsError(cause, "InvalidArgumentError") && cause.message.includes("max_payload")) {
    return tooLarge(subject, cause);
  }
  if (isNatsError(cause, "PermissionViolationError")) {
    return new Unavailable(`NATS does not allow this user to publish on ${subject}: grant it`, { cause });
  }
  if (cause instanceof Error && isNoResponders(cause.cause)) {
    return new Unavailable(`no stream takes ${subject}: was it deleted, or is JetStream off?`, { cause });
  }
  return new Unavailable(`NATS did not confirm a message on ${subject}: ${messageOf(cause)}`, { cause });
}

function tooLarge(subject: string, cause: unknown): MessageTooLarge {
  return new MessageTooLarge(
    `a message on ${subject} is larger than NATS takes: set max_payload of the server to at least 8 MiB`,
    { cause },
  );
}

/** What an {@link OrderedPublisher} tells about waiting. */
export interface BackpressureListener {
  (active: boolean, error: PipelineError | null): void;
}

/** Sends one message after the other on one subject and tries each until it is stored, however long that takes. */
export class OrderedPublisher {
  constructor(
    readonly js: JetStreamClient,
    readonly subject: string,
    readonly signal: AbortSignal,
    readonly onBackpressure: BackpressureListener = () => {},
  ) {}

  /** Resolves when stored; rejects when the signal aborts or no retry can help. What a time-out stored is trimmed later. */
  async publish(message: EncodedFrame): Promise<void> {
    let waiting = false;
    for (let pause = 20;; pause = Math.min(pause * 2, 1_000)) {
      this.signal.throwIfAborted();
      try {
        await publish(this.js, this.subject, message);
        if (waiting) this.onBackpressure(false, null);
        return;
      } catch (error) {
        if (!(error instanceof PipelineError) || !error.retryable) throw error;
        if (!waiting) this.onBackpressure(waiting = true, error);
        await sleep(pause, this.signal);
      }
    }
  }
}

/** Sleeps, or rejects with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
