/**
 * What can go wrong while a request is taken in. Each class knows one cause; `status.ts` turns it into an answer.
 * Messages carry positions and limits, never contents of records.
 */
export { StreamFull, Unavailable } from "../runtime/errors.ts";

/** The request cannot be accepted as it is; sending it again will not help. */
export class BadRequest extends Error {
  override readonly name: string = "BadRequest";
  readonly code: string = "BAD_REQUEST";
}

/** The bytes are not what the content type says. `position` counts from the start of the decompressed body. */
export class MalformedPayload extends BadRequest {
  override readonly name = "MalformedPayload";
  override readonly code = "MALFORMED_PAYLOAD";
  constructor(readonly reason: string, readonly position: number) {
    super(`${reason} at byte ${position}`);
  }
}

export class UnsupportedMediaType extends Error {
  override readonly name = "UnsupportedMediaType";
  readonly code = "UNSUPPORTED_MEDIA_TYPE";
}

/** The body, or what would become of it, is larger than the receiver takes. */
export class PayloadTooLarge extends Error {
  override readonly name = "PayloadTooLarge";
  readonly code = "PAYLOAD_TOO_LARGE";
}

export class BodyTimeout extends Error {
  override readonly name = "BodyTimeout";
  readonly code = "BODY_TIMEOUT";
}

/** The client went away before its body was complete. */
export class BodyAborted extends Error {
  override readonly name = "BodyAborted";
  readonly code = "BODY_ABORTED";
}

/** One record is larger than a frame may be. Never leaves the decoders: the record is counted as rejected. */
export class RecordTooLarge extends Error {
  override readonly name = "RecordTooLarge";
  readonly code = "RECORD_TOO_LARGE";
}
