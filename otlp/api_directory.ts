/** Asks the API which pipelines take OTLP logs, and how. */
import type { KeyPath } from "../pipeline/config/key_path.ts";
import type { Lookup, PipelineDirectory } from "./directory.ts";
import type { LogsLayout } from "./logs_layout.ts";

/** The additive `receiver` part of `GET /internal/pipelines/{id}/otlp-config`. */
export interface ReceiverConfig {
  readonly hash: string;
  readonly stream: string;
  readonly subject_prefix: string;
  readonly shards: number;
  readonly layout: LogsLayout;
  readonly layout_digest: string;
  readonly key: KeyPath | null;
}

export class ApiDirectory implements PipelineDirectory {
  constructor(readonly apiUrl: string, readonly timeoutMs = 2_000) {}

  async lookup(pipelineId: string): Promise<Lookup> {
    const url = new URL(`/internal/pipelines/${encodeURIComponent(pipelineId)}/otlp-config`, this.apiUrl);
    const response = await fetch(url, { signal: AbortSignal.timeout(this.timeoutMs) });
    const body = await response.json();
    if (response.status === 404) return "unknown";
    if (!response.ok) throw new Error(`the API answers ${response.status} for a pipeline's receiver configuration`);
    if (body.source_type !== "otlp.logs") return "wrong_kind";
    const receiver = body.receiver as ReceiverConfig;
    return {
      pipelineId,
      hash: receiver.hash,
      stream: receiver.stream,
      subjectPrefix: receiver.subject_prefix,
      shards: receiver.shards,
      layout: receiver.layout,
      layoutDigest: receiver.layout_digest,
      ...(receiver.key ? { key: receiver.key } : {}),
      state: "accepting",
    };
  }
}
