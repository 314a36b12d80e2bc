/**
 * From a stored configuration to the files that workers load. `value`: milliseconds for one pipeline of `log38` with a
 * filter and a stateless transform of 38 outputs: read, checked, planned, generated and bundled, all stages. The
 * baseline is the bundler alone, without a program.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compilePipeline } from "../pipeline/compile/mod.ts";
import { bundleStage, stopBundler } from "../runtime/bundle/bundle.ts";
import { bundleEmpty } from "./baseline/bundler_alone.ts";
import { pipelineOf } from "./compiled.ts";
import { EVENT_SHAPES } from "./events.ts";
import { significant, takeTurns } from "./measure.ts";
import type { Bench } from "./result.ts";

const STAGES = ["ingest", "transform", "sink"] as const;
const entryOf = (stage: string) => fileURLToPath(new URL(`../handlers/${stage}/stage.ts`, import.meta.url));

export const bench: Bench = {
  about: "a configuration to the bundles of its stages",
  async run(note) {
    const outDir = await Deno.makeTempDir({ prefix: "glassflow-bench-" });
    const shape = EVENT_SHAPES.log38;
    const outputs = shape.fields.map(({ name, type }) => ({
      name,
      type: type === "float" ? "float64" : type,
      expression: type === "string" ? `lower(${name})` : name,
    }));
    const compile = () => compilePipeline(pipelineOf(shape, { filter: "status < 500", outputs }), null).stages;
    try {
      note("measuring");
      const measured = await takeTurns({
        whole: {
          async run() {
            const stages = compile();
            for (const stage of STAGES) {
              const request = { stageEntry: entryOf(stage), program: stages[stage]!.source };
              await bundleStage({ ...request, outDir: join(outDir, "whole") });
            }
            return { events: 1 };
          },
        },
        bundler: {
          async run() {
            for (const stage of STAGES) await bundleEmpty(entryOf(stage), join(outDir, "bundler"));
            return { events: 1 };
          },
        },
        compiler: {
          run() {
            compile();
            return { events: 1 };
          },
        },
      }, { rounds: 15, warmUps: 2 });
      const milliseconds = (name: keyof typeof measured) => significant(1000 / measured[name].rate);
      return {
        value: milliseconds("whole"),
        unit: "ms",
        baseline: milliseconds("bundler"),
        ratio: significant(milliseconds("whole") / milliseconds("bundler")),
        // There are no events; the bundler's own process is not counted.
        cpu_seconds_per_million_events: { ours: null, baseline: null },
        compiler_alone_ms: milliseconds("compiler"),
      };
    } finally {
      await stopBundler();
      await Deno.remove(outDir, { recursive: true });
    }
  },
};
