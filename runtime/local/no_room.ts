/** NATS reserves what a stream may hold; when the disk or the account has no more, the person who asks must know. */
import { apiErrorCode } from "../nats/api_error.ts";

/** Insufficient resources, resource limits exceeded, insufficient storage. */
const NO_ROOM = new Set([10023, 10028, 10047]);

export class NoRoom extends Error {
  override readonly name = "NoRoom";
  readonly code = "NO_ROOM";

  constructor(pipelineId: string, maxBytes: number, options?: ErrorOptions) {
    const size = maxBytes >= 1 << 30
      ? `${Math.ceil(maxBytes / (1 << 30))} GiB`
      : `${Math.ceil(maxBytes / (1 << 20))} MiB`;
    super(
      `NATS has no room for the streams of pipeline ${pipelineId} (two that may hold ${size} each): free disk space, ` +
        "delete a pipeline, or let this one hold less by resources.nats.stream.maxBytes",
      options,
    );
  }

  /** Whether NATS refused a stream for want of room. */
  static is(error: unknown): boolean {
    const code = apiErrorCode(error) ?? (error instanceof Error ? apiErrorCode(error.cause) : null);
    return code !== null && NO_ROOM.has(code);
  }
}
