/** A worker's HTTP face on loopback or its pod address: health, metrics, drain, and one frame in, one frame out. */
import { decodeFrame, encodeFrame, MalformedFrame } from "../frame.ts";
import type { Metrics } from "../metrics.ts";
import type { Stage } from "../stage.ts";
import type { WorkerStatus } from "./protocol.ts";

export interface WorkerFace {
  readonly stage: Stage;
  readonly metrics: Metrics;
  status(): WorkerStatus | null;
  drain(): void;
}

export function serveWorker(port: number, face: WorkerFace, hostname = "127.0.0.1"): Deno.HttpServer {
  return Deno.serve({ port, hostname, onListen: () => {} }, (request) => handle(request, face));
}

export async function handle(request: Request, face: WorkerFace): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (`${request.method} ${pathname}`) {
    case "GET /healthz":
      return json(200, { status: "ok" });
    case "GET /readyz": {
      const status = face.status();
      return json(status?.state === "running" ? 200 : 503, status ?? { state: "starting" });
    }
    case "GET /metrics":
      return new Response(face.metrics.render(), { headers: { "content-type": "text/plain; version=0.0.4" } });
    case "POST /drain":
      face.drain();
      return json(202, { status: "draining" });
    case "POST /invoke":
      return await invoke(request, face.stage);
    default:
      return json(404, { error: `no route ${request.method} ${pathname}` });
  }
}

/** The body is a frame's payload, the `Gf-*` headers its identity; the answer has the same form. */
async function invoke(request: Request, stage: Stage): Promise<Response> {
  if (!stage.invoke) return json(501, { error: `stage ${stage.name} cannot be called without effects` });
  const body = new Uint8Array(await request.arrayBuffer());
  try {
    const { headers, payload } = encodeFrame(
      stage.invoke(decodeFrame((name) => request.headers.get(name) ?? "", body)),
    );
    return new Response(new Uint8Array(payload), {
      headers: { ...headers, "content-type": "application/octet-stream" },
    });
  } catch (error) {
    if (error instanceof MalformedFrame) return json(400, { error: error.message });
    throw error;
  }
}

function json(status: number, value: unknown): Response {
  return new Response(JSON.stringify(value) + "\n", { status, headers: { "content-type": "application/json" } });
}
