/** What the OTLP receiver needs to know of a pipeline, beside the original's routing (see `otlp/api_directory.ts`). */
import { planPipeline } from "../../pipeline/compile/mod.ts";
import { type PipelineConfig, pipelineHash } from "../../pipeline/config/mod.ts";
import { streamName } from "../../runtime/nats/names.ts";

/** `shards`: what the running pipeline has, once it was started. */
export function receiverConfig(config: PipelineConfig, shards?: number): Record<string, unknown> {
  const plan = planPipeline(config, null);
  const hash = pipelineHash(config.pipeline_id);
  return {
    hash,
    stream: streamName(hash, "in"),
    subject_prefix: `gf.${hash}.in`,
    shards: shards ?? plan.sharding.shards,
    layout: plan.input,
    layout_digest: plan.inputDigest,
    key: plan.sharding.key,
  };
}
