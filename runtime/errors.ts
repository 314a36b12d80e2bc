/** Named errors of the running system. `retryable` says whether trying the same again can help; messages say what to do. */
export abstract class PipelineError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
}

/** Somebody with a higher epoch owns the shard or lane: this process must stop touching it. */
export class FencedOut extends PipelineError {
  override readonly name = "FencedOut";
  readonly code = "FENCED_OUT";
  readonly retryable = false;
}

/** The stream refuses messages because it is full; the sender waits or tells its client to. */
export class StreamFull extends PipelineError {
  override readonly name = "StreamFull";
  readonly code = "STREAM_FULL";
  readonly retryable = true;
}

/** NATS did not answer, or the stream is not there (yet): the outcome of what was asked is unknown. */
export class Unavailable extends PipelineError {
  override readonly name = "Unavailable";
  readonly code = "UNAVAILABLE";
  readonly retryable = true;
}

/** The consumer must be created again: a hole, a redelivery, or it was deleted. */
export class ConsumerBroken extends PipelineError {
  override readonly name = "ConsumerBroken";
  readonly code = "CONSUMER_BROKEN";
  readonly retryable = true;
}

/** Frames between the mark and this frame are missing; the pipeline shows itself as blocked, nothing is skipped. */
export class PositionGap extends PipelineError {
  override readonly name = "PositionGap";
  readonly code = "POSITION_GAP";
  readonly retryable = true;
}

/** A frame's columns are not those this version of the pipeline was compiled for. */
export class LayoutMismatch extends PipelineError {
  override readonly name = "LayoutMismatch";
  readonly code = "LAYOUT_MISMATCH";
  readonly retryable = false;
}

/** A message that no retry can make small enough for the server. */
export class MessageTooLarge extends PipelineError {
  override readonly name = "MessageTooLarge";
  readonly code = "MESSAGE_TOO_LARGE";
  readonly retryable = false;
}

/** This installation cannot run the pipeline as it is configured; the message says what is missing. */
export class OrchestratorRefuses extends PipelineError {
  override readonly name = "OrchestratorRefuses";
  readonly code = "REFUSED";
  readonly retryable = false;
}

// A bundle carries its own copy of these classes, so an error that crosses its border is known by name, not by class.

/** Whether the shard or lane is another owner's now. */
export function isFencedOut(error: unknown): boolean {
  return error instanceof Error && error.name === "FencedOut";
}

/** Whether the same will fail again until a person acts. */
export function needsPerson(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === false;
}

/** One line of text for logs and status; never a stack, never a value of the user's data. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
