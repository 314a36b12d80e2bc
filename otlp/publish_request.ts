/**
 * Publishes the frames of one request and waits until all are acknowledged, within a bound: exporters give up after 5 to
 * 10 s, and a late answer only makes them send twice. What failed is tried again while there is time; frames keep their
 * message ids, so a frame that was stored after all is not stored twice.
 */
import { StreamFull, Unavailable } from "./errors.ts";

/** The stream side. Resolves when the frame is durable; throws `StreamFull` or `Unavailable`. */
export interface FramePublisher<F> {
  publish(subject: string, frame: F, messageId: string): Promise<void>;
}

export interface PendingFrame<F> {
  readonly subject: string;
  readonly frame: F;
  readonly messageId: string;
}

export interface PublishPatience {
  /** Milliseconds until the request must be answered. */
  readonly budgetMs: number;
  /** Whether this request may wait for another try, or would keep others out. */
  readonly mayRetry: () => boolean;
}

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 800;

/** Throws {@link StreamFull} or {@link Unavailable} when not every frame was acknowledged in time. */
export async function publishRequest<F>(
  publisher: FramePublisher<F>,
  frames: readonly PendingFrame<F>[],
  patience: PublishPatience,
): Promise<void> {
  const deadline = performance.now() + patience.budgetMs;
  let pending = frames;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    const failed = await attempt(publisher, pending, deadline);
    if (failed.length === 0) return;
    if (performance.now() + pause >= deadline || !patience.mayRetry()) throw reasonOf(failed);
    await new Promise((done) => setTimeout(done, pause));
    pending = failed.map((each) => each.frame);
  }
}

interface FailedFrame<F> {
  readonly frame: PendingFrame<F>;
  readonly error: unknown;
}

async function attempt<F>(
  publisher: FramePublisher<F>,
  frames: readonly PendingFrame<F>[],
  deadline: number,
): Promise<FailedFrame<F>[]> {
  let expire: () => void = () => {};
  const expired = new Promise<never>((_, reject) => {
    expire = () => reject(new Unavailable("the stream did not acknowledge in time"));
  });
  expired.catch(ignoreUnused);
  const timer = setTimeout(expire, Math.max(0, deadline - performance.now()));
  try {
    const results = await Promise.allSettled(
      frames.map((each) => Promise.race([publisher.publish(each.subject, each.frame, each.messageId), expired])),
    );
    return results.flatMap((result, i) =>
      result.status === "rejected" ? [{ frame: frames[i], error: result.reason }] : []
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Errors of other classes are not the client's doing, and nothing is lost if it sends again: unavailable. */
function reasonOf<F>(failed: readonly FailedFrame<F>[]): StreamFull | Unavailable {
  const other = failed.find((each) => !(each.error instanceof StreamFull));
  if (other === undefined) return failed[0].error as StreamFull;
  if (other.error instanceof Unavailable) return other.error;
  return new Unavailable("publishing failed", { cause: other.error });
}

/** The race has ended; nobody waits for the timer. */
function ignoreUnused(): void {}
