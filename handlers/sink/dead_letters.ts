/**
 * Dead letters as messages: one subject per identity (component, origin, position), only the first publish on a subject is
 * taken, so a plan that is run again adds nothing. A full DLQ stream is back-pressure.
 */
import type { JetStreamClient } from "@nats-io/jetstream";
import type { DeadRow } from "../../runtime/frame.ts";
import { PipelineError } from "../../runtime/errors.ts";
import { dlqSubject } from "../../runtime/nats/names.ts";
import { AlreadyPublished, publish, sleep } from "../../runtime/nats/publish.ts";

export interface DeadLetter extends DeadRow {
  readonly origin: string;
}

const IN_FLIGHT = 64;

/** Resolves when every letter is stored; rejects when the signal aborts or no retry can help. */
export async function publishDeadLetters(
  js: JetStreamClient,
  hash: string,
  letters: readonly DeadLetter[],
  signal: AbortSignal,
  onWait: (error: PipelineError | null) => void,
): Promise<void> {
  let next = 0;
  let waiting = 0;
  const wait = (error: PipelineError) => {
    waiting++;
    onWait(error);
  };
  const go = () => {
    if (--waiting === 0) onWait(null);
  };
  const sender = async () => {
    while (next < letters.length) await publishOne(js, hash, letters[next++], signal, wait, go);
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, letters.length) }, sender));
}

async function publishOne(
  js: JetStreamClient,
  hash: string,
  letter: DeadLetter,
  signal: AbortSignal,
  wait: (error: PipelineError) => void,
  go: () => void,
): Promise<void> {
  const payload = new TextEncoder().encode(JSON.stringify({
    component: letter.component,
    error: letter.error,
    original_message: new TextDecoder().decode(letter.original),
    reason: letter.reason,
    origin: letter.origin,
    position: letter.position,
  }));
  const subject = dlqSubject(hash, letter.component, letter.origin, letter.position);
  let waited = false;
  for (let pause = 50;; pause = Math.min(pause * 2, 2_000)) {
    signal.throwIfAborted();
    try {
      await publish(js, subject, { headers: {}, payload }, { onlyFirst: true });
      break;
    } catch (error) {
      if (error instanceof AlreadyPublished) break;
      if (!(error instanceof PipelineError) || !error.retryable) throw error;
      if (!waited) wait(error);
      waited = true;
      await sleep(pause, signal);
    }
  }
  if (waited) go();
}
