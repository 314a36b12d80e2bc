/** Body bytes → framed blocks, with everything that is reused between requests: arena, decoders, column buffers. */
import { createHash } from "node:crypto";
import { Arena } from "./arena.ts";
import type { ReceiverPipeline } from "./directory.ts";
import { type FramedRequest, type FramingLimits, LogsFramer } from "./logs_framer.ts";
import { LogsJsonDecoder } from "./logs_json.ts";
import { LogsProtoDecoder } from "./logs_proto.ts";
import type { Encoding } from "./status.ts";

/** Column buffers are kept for this many pipelines. */
const KEPT_FRAMERS = 64;

export class LogsIntake {
  readonly #arena = new Arena();
  readonly #decoders = {
    protobuf: new LogsProtoDecoder(this.#arena),
    json: new LogsJsonDecoder(this.#arena),
  };
  readonly #framers = new Map<ReceiverPipeline, LogsFramer>();

  constructor(readonly limits: FramingLimits) {}

  /** All records of a request, or an error and nothing. Never waits, so requests cannot mix. */
  frame(pipeline: ReceiverPipeline, encoding: Encoding, body: Uint8Array): FramedRequest {
    const digest = createHash("sha256").update(body).digest("hex");
    this.#arena.load(body);
    return this.#framer(pipeline).frame(this.#decoders[encoding], digest);
  }

  #framer(pipeline: ReceiverPipeline): LogsFramer {
    const known = this.#framers.get(pipeline);
    // Most recently used last.
    if (known) this.#framers.delete(pipeline);
    const framer = known ?? new LogsFramer(this.#arena, pipeline, this.limits);
    this.#framers.set(pipeline, framer);
    if (this.#framers.size > KEPT_FRAMERS) {
      const [oldest] = this.#framers.keys();
      this.#framers.delete(oldest);
    }
    return framer;
  }
}
