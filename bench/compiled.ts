/** Pipelines over the benches' events: their configurations, and their compiled transforms over ready blocks. */
import { instantiateIngest, instantiateTransform } from "../pipeline/compile/instantiate.ts";
import { type PipelinePlan, planPipeline } from "../pipeline/compile/mod.ts";
import type { Outcome } from "../pipeline/compile/program.ts";
import { parsePipelineConfig, type PipelineConfig } from "../pipeline/config/mod.ts";
import { readBlock } from "../pipeline/native/mod.ts";
import type { EventBuffer, EventShape } from "./events.ts";
import type { Side } from "./measure.ts";

/** Rows of one frame, about 1.5 MB of `log38`. */
export const ROWS_PER_FRAME = 1_000;

export interface Output {
  readonly name: string;
  readonly type: string;
  readonly expression: string;
}

export interface PipelineParts {
  readonly filter?: string;
  /** Without outputs every field goes to a column of its name. */
  readonly outputs?: readonly Output[];
  /** Only these fields or outputs are written. */
  readonly columns?: readonly string[];
}

const COLUMN_TYPES: Readonly<Record<string, string>> = {
  string: "String",
  int: "Int64",
  float: "Float64",
  bool: "Bool",
  float64: "Float64",
};
const TIMES = new Set(["timestamp", "created_at"]);

export function pipelineOf(shape: EventShape, { filter, outputs, columns }: PipelineParts): PipelineConfig {
  const source_id = shape.name;
  const fed = outputs ?? shape.fields;
  return parsePipelineConfig({
    pipeline_id: `bench-${shape.name}`,
    sources: [{
      type: "kafka",
      source_id,
      topic: source_id,
      connection_params: { brokers: ["127.0.0.1:9092"], protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
      schema_fields: shape.fields.map(({ name, type }) => ({ name, type })),
    }],
    transforms: [
      ...(filter ? [{ type: "filter", source_id, config: { expression: filter } }] : []),
      ...(outputs
        ? [{
          type: "stateless",
          source_id,
          config: {
            transforms: outputs.map(({ name, type, expression }) => ({
              output_name: name,
              output_type: type,
              expression,
            })),
          },
        }]
        : []),
    ],
    sink: {
      type: "clickhouse",
      connection_params: {
        host: "127.0.0.1",
        port: "9000",
        http_port: "8123",
        database: "default",
        username: "default",
        password: "none",
        secure: false,
      },
      table: `bench_${source_id}`,
      mapping: fed.filter(({ name }) => columns?.includes(name) ?? true).map(({ name, type }) => ({
        name,
        column_name: name,
        column_type: TIMES.has(name) ? "DateTime64(3)" : COLUMN_TYPES[type],
      })),
    },
  });
}

/** The pipeline's transform, from the bytes of its input frames to the blocks of its output frames. */
export function transforming(
  shape: EventShape,
  parts: PipelineParts,
  events: EventBuffer,
): Side & { kept: () => number } {
  const plan = planPipeline(pipelineOf(shape, parts), null);
  const frames = inputFrames(plan, events);
  const instance = instantiateTransform(plan).create();
  let kept = 0;
  return {
    kept: () => kept,
    run() {
      kept = 0;
      for (const frame of frames) {
        const block = readBlock(frame, 0, plan.input);
        const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
        instance.run(block, 0, block.rows, 0, 0, null, out);
        if (out.dead.length > 0) throw new Error(out.dead[0].error);
        kept += instance.take().rows;
      }
      return { events: events.count, bytes: frames.reduce((sum, frame) => sum + frame.length, 0) };
    },
  };
}

/** What the pipeline's ingest makes of the events. */
function inputFrames(plan: PipelinePlan, { bytes, starts, count }: EventBuffer): Uint8Array[] {
  const ingest = instantiateIngest(plan).create();
  const frames: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    if (ingest.scan(bytes, starts[i], starts[i + 1]) !== 0) throw new Error(ingest.errorText());
    if ((i + 1) % ROWS_PER_FRAME === 0 || i + 1 === count) frames.push(...ingest.take(0).map(({ block }) => block));
  }
  return frames;
}
