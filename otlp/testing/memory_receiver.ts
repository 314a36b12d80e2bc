/** Test data: a receiver with a directory and a publisher in memory, and `POST /v1/logs` requests for it. */
import { type EncodedFrame, encodeFrame, ONCE } from "../../runtime/frame.ts";
import { Metrics } from "../../runtime/metrics.ts";
import type { Lookup, ReceiverPipeline } from "../directory.ts";
import { LOGS_LAYOUT } from "../logs_layout.ts";
import { Receiver, type ReceiverLimits } from "../receiver.ts";

export interface Published {
  readonly subject: string;
  readonly frame: EncodedFrame;
  readonly messageId: string;
}

export const SHOP: ReceiverPipeline = {
  pipelineId: "shop-logs",
  hash: "0a1b2c3d",
  stream: "gf-0a1b2c3d-in",
  subjectPrefix: "gf.0a1b2c3d.in",
  shards: 4,
  layout: LOGS_LAYOUT,
  layoutDigest: "d1",
  state: "accepting",
};

export interface MemoryReceiver {
  readonly receiver: Receiver<EncodedFrame>;
  readonly published: Published[];
  readonly errors: unknown[];
}

export interface MemoryReceiverOptions {
  readonly lookup?: (pipelineId: string) => Promise<Lookup>;
  /** Called for every publish, before it counts as done. */
  readonly onPublish?: (message: Published) => Promise<void> | void;
  readonly limits?: Partial<ReceiverLimits>;
  readonly healthy?: () => boolean;
}

export function memoryReceiver(options: MemoryReceiverOptions = {}): MemoryReceiver {
  const published: Published[] = [];
  const errors: unknown[] = [];
  const receiver = new Receiver<EncodedFrame>({
    directory: { lookup: options.lookup ?? (async (id) => id === SHOP.pipelineId ? SHOP : "unknown") },
    publisher: {
      async publish(subject, frame, messageId) {
        const message = { subject, frame, messageId };
        await options.onPublish?.(message);
        published.push(message);
      },
    },
    encode: (block, pipeline, receivedAt) =>
      encodeFrame({
        layout: pipeline.layoutDigest,
        origin: ONCE,
        prev: -1,
        watermark: -1,
        committed: -1,
        time: receivedAt,
        rows: block.rows,
        block: block.block,
        columnLengths: block.columnLengths,
        positions: [],
        filtered: [],
        deduplicated: [],
        dead: [],
      }),
    metrics: new Metrics(),
    healthy: options.healthy,
    limits: options.limits,
    onError: (error) => errors.push(error),
  });
  return { receiver, published, errors };
}

/** A request to the shop's pipeline; headers given as null are left out. */
export function post(
  body: BodyInit | null,
  headers: Record<string, string | null> = {},
  init: RequestInit = {},
): Request {
  const all = { "x-glassflow-pipeline-id": SHOP.pipelineId, "content-type": "application/x-protobuf", ...headers };
  return new Request("http://localhost/v1/logs", {
    method: "POST",
    body,
    headers: Object.entries(all).flatMap(([name, value]): [string, string][] => value === null ? [] : [[name, value]]),
    ...init,
  });
}
