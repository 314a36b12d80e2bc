/** Programs of a plan, on the spot: for tests and measurements. */
import { ingestBody } from "./ingest.ts";
import type { PipelinePlan } from "./plan.ts";
import type { IngestProgram, TransformProgram } from "./program.ts";
import { runIngestBody, runTransformBody } from "./run_body.ts";
import { transformBody } from "./transform.ts";

export function instantiateTransform(plan: PipelinePlan): TransformProgram {
  return runTransformBody(transformBody(plan));
}

export function instantiateIngest(plan: PipelinePlan): IngestProgram {
  return runIngestBody(ingestBody(plan));
}
