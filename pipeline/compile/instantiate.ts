/** Runs compiled modules on the spot, without a bundle: for tests and measurements. */
import * as rt from "../expr/runtime.ts";
import * as native from "../native/mod.ts";
import * as ops from "./row/mod.ts";
import type { PipelinePlan } from "./plan.ts";
import { core } from "../scan/mod.ts";
import { ingestBody } from "./ingest.ts";
import type { IngestProgram, TransformProgram } from "./program.ts";
import { transformBody } from "./transform.ts";

export function instantiateTransform(plan: PipelinePlan): TransformProgram {
  return new Function("native", "rt", "ops", `"use strict";\n${transformBody(plan)}return program;`)(native, rt, ops);
}

export function instantiateIngest(plan: PipelinePlan): IngestProgram {
  return new Function("native", "ops", "core", `"use strict";\n${ingestBody(plan)}return program;`)(native, ops, core);
}
