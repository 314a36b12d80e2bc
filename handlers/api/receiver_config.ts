/** What the OTLP receiver needs to know of a pipeline, beside the original's routing (see `otlp/api_directory.ts`). */
import { planInput } from "../../pipeline/compile/input_plan.ts";
import { fullLayout, layoutDigest } from "../../pipeline/compile/mod.ts";
import { type PipelineConfig, pipelineHash } from "../../pipeline/config/mod.ts";
import { streamName } from "../../runtime/nats/names.ts";

/**
 * `shards`: what the running pipeline has, once it was started. `wait`: the pipeline does not run, so what comes now waits
 * on the edge and may meet an edited configuration: every field is carried then, not only those that are read today.
 */
export function receiverConfig(config: PipelineConfig, wait: boolean, shards?: number): Record<string, unknown> {
  const plan = planInput(config);
  const layout = wait ? fullLayout(config.sources[0]) : plan.input;
  const hash = pipelineHash(config.pipeline_id);
  return {
    hash,
    stream: streamName(hash, "in"),
    subject_prefix: `gf.${hash}.in`,
    shards: shards ?? plan.sharding.shards,
    layout,
    layout_digest: layoutDigest(layout),
    key: plan.sharding.key,
  };
}
