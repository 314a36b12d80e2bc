/**
 * The OTLP/HTTP receiver as a web-standard `fetch` application: POST /v1/logs, /healthz, /readyz, /metrics. Success is
 * answered only when every frame of the request is durable in its stream.
 *
 * Order of checks: route, method, pipeline id, content type, gate, pipeline, body, decoding, publishing. The gate is taken
 * before the body is read, so it bounds memory.
 */
import { isPipelineId } from "../pipeline/config/pipeline_id.ts";
import { Unavailable } from "./errors.ts";
import { type Lookup, type PipelineDirectory, type ReceiverPipeline } from "./directory.ts";
import { InFlightGate } from "./gate.ts";
import { LogsIntake } from "./logs_intake.ts";
import { DEFAULT_FRAMING, type FramedBlock, type FramingLimits } from "./logs_framer.ts";
import { type FramePublisher, publishRequest } from "./publish_request.ts";
import { type MetricsRegistry, ReceiverMetrics } from "./receiver_metrics.ts";
import { compressionOf, decompress, encodingOf, readBody } from "./request_body.ts";
import { type Encoding, type Failure, failureOf, failureResponse, failures, successResponse } from "./status.ts";
import { UnsupportedMediaType } from "./errors.ts";

export const PIPELINE_ID_HEADER = "x-glassflow-pipeline-id";

export interface ReceiverLimits {
  /** Requests inside at once. */
  readonly maxInFlight: number;
  /** Bytes of a body, as received and decompressed. */
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  /** Longest time the receiver itself makes a request wait, for lookup and acknowledgements together. */
  readonly maxWaitMs: number;
  readonly framing: FramingLimits;
}

export const DEFAULT_LIMITS: ReceiverLimits = {
  maxInFlight: 50,
  maxBodyBytes: 64 << 20,
  bodyTimeoutMs: 15_000,
  maxWaitMs: 4_400,
  framing: DEFAULT_FRAMING,
};

export interface ReceiverOptions<F> {
  readonly directory: PipelineDirectory & { invalidate?(pipelineId?: string): void };
  readonly publisher: FramePublisher<F>;
  /** Makes the message of one block. */
  readonly encode: (block: FramedBlock, pipeline: ReceiverPipeline, receivedAt: number) => F;
  readonly metrics: MetricsRegistry;
  /** Whether the stream server answers; shown by /healthz. */
  readonly healthy?: () => boolean;
  readonly limits?: Partial<ReceiverLimits>;
  /** Told of every unforeseen error; gets no contents of records. */
  readonly onError?: (error: unknown, pipelineId: string) => void;
}

export class Receiver<F> {
  readonly limits: ReceiverLimits;
  readonly #options: ReceiverOptions<F>;
  readonly #gate: InFlightGate;
  readonly #metrics: ReceiverMetrics;
  readonly #intake: LogsIntake;
  #ready = true;

  constructor(options: ReceiverOptions<F>) {
    this.#options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#gate = new InFlightGate(this.limits.maxInFlight);
    this.#metrics = new ReceiverMetrics(options.metrics);
    this.#intake = new LogsIntake(this.limits.framing);
  }

  /** The application; usable unbound: `Deno.serve(receiver.fetch)`. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const url = URL.parse(request.url);
    if (!url) return failureResponse(failures.noHost(), encodingOfRequest(request));
    switch (url.pathname) {
      case "/v1/logs":
        if (request.method !== "POST") return failureResponse(failures.methodNotAllowed(), encodingOfRequest(request));
        return await this.#exportLogs(request);
      case "/v1/traces":
      case "/v1/metrics":
        return failureResponse(failures.logsOnly(url.pathname.slice("/v1/".length)), encodingOfRequest(request));
      case "/healthz": {
        const healthy = this.#options.healthy?.() ?? true;
        return Response.json({ status: healthy ? "ok" : "nats unhealthy" }, { status: healthy ? 200 : 503 });
      }
      case "/readyz":
        return Response.json({ status: this.#ready ? "ready" : "not ready" }, { status: this.#ready ? 200 : 503 });
      case "/metrics":
        return new Response(this.#metrics.render(), { headers: { "content-type": "text/plain; version=0.0.4" } });
      default:
        return failureResponse(failures.notFound(), encodingOfRequest(request));
    }
  };

  /** Refuses new requests and resolves when those inside are answered. */
  async close(): Promise<void> {
    this.#ready = false;
    await this.#gate.idle();
  }

  async #exportLogs(request: Request): Promise<Response> {
    const started = performance.now();
    const encoding = encodingOfRequest(request);
    const pipelineId = (request.headers.get(PIPELINE_ID_HEADER) ?? "").split(",", 1)[0].trim();
    if (pipelineId === "") return this.#refuse(failures.missingPipelineId(), encoding, "");
    if (!this.#ready) return this.#refuse(failures.shuttingDown(), encoding, "");
    if (!this.#gate.tryEnter()) return this.#refuse(failures.overloaded(), encoding, "");
    // Ids come from clients: only those of known pipelines become labels.
    const known = { id: "" };
    try {
      const response = await this.#takeIn(request, encoding, pipelineId, known);
      const failed = "reason" in response;
      this.#metrics.request(known.id, failed ? "error" : "ok", (performance.now() - started) / 1000);
      return failed ? this.#refuse(response, encoding, known.id) : response;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.http >= 500) this.#options.onError?.(error, pipelineId);
      this.#metrics.request(known.id, "error", (performance.now() - started) / 1000);
      return this.#refuse(failure, encoding, known.id);
    } finally {
      this.#gate.leave();
    }
  }

  async #takeIn(
    request: Request,
    encoding: Encoding | undefined,
    pipelineId: string,
    known: { id: string },
  ): Promise<Response | Failure> {
    if (encoding === undefined) {
      throw new UnsupportedMediaType("content-type must be application/x-protobuf or application/json");
    }
    const compression = compressionOf(request.headers.get("content-encoding"));
    const { limits } = this;
    const asked = performance.now();
    const pipeline = isPipelineId(pipelineId) ? await this.#lookup(pipelineId) : "unknown";
    const waited = performance.now() - asked;
    if (pipeline === "unknown") return failures.unknownPipeline();
    known.id = pipelineId;
    if (pipeline === "wrong_kind") return failures.wrongKind("otlp.logs");
    const received = await readBody(request, { maxBytes: limits.maxBodyBytes, timeoutMs: limits.bodyTimeoutMs });
    this.#metrics.bytesIn(pipelineId, received.length);
    const receivedAt = Date.now();
    const body = decompress(received, compression, limits.maxBodyBytes);
    const framed = this.#intake.frame(pipeline, encoding, body);
    if (framed.unusualIds > 0) this.#metrics.unusualIds(pipelineId, framed.unusualIds);
    await this.#publish(framed.blocks, pipeline, receivedAt, limits.maxWaitMs - waited);
    this.#metrics.published(pipelineId, framed.accepted, framed.blocks.reduce((n, each) => n + each.block.length, 0));
    if (framed.rejected === 0) return successResponse("logs", encoding);
    this.#metrics.rejectedRecords(pipelineId, framed.rejected);
    return successResponse("logs", encoding, {
      rejected: framed.rejected,
      message: `${framed.rejected} log records are larger than ${limits.framing.maxBlockBytes} bytes`,
    });
  }

  async #lookup(pipelineId: string): Promise<Lookup> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Unavailable("the catalog did not answer in time")),
        this.limits.maxWaitMs / 2,
      );
    });
    try {
      return await Promise.race([this.#options.directory.lookup(pipelineId), late]);
    } catch (cause) {
      throw cause instanceof Unavailable ? cause : new Unavailable("the catalog cannot be reached", { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async #publish(
    blocks: readonly FramedBlock[],
    pipeline: ReceiverPipeline,
    receivedAt: number,
    budgetMs: number,
  ): Promise<void> {
    if (blocks.length === 0) return;
    const frames = blocks.map((block) => ({
      subject: `${pipeline.subjectPrefix}.${block.shard}`,
      frame: this.#options.encode(block, pipeline, receivedAt),
      messageId: block.id,
    }));
    try {
      await publishRequest(this.#options.publisher, frames, { budgetMs, mayRetry: () => this.#gate.mayWait });
    } catch (error) {
      // The pipeline may have been deleted, or have other streams now.
      if (error instanceof Unavailable) this.#options.directory.invalidate?.(pipeline.pipelineId);
      throw error;
    }
  }

  #refuse(failure: Failure, encoding: Encoding | undefined, pipelineId: string): Response {
    this.#metrics.refused(pipelineId, failure.reason);
    return failureResponse(failure, encoding);
  }
}

function encodingOfRequest(request: Request): Encoding | undefined {
  return encodingOf(request.headers.get("content-type"));
}
