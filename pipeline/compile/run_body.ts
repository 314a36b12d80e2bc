/** Runs the text of a compiled module on the spot, without a bundle, and without loading the compiler. */
import * as rt from "../expr/runtime.ts";
import * as native from "../native/mod.ts";
import { core } from "../scan/mod.ts";
import type { IngestProgram, TransformProgram } from "./program.ts";
import * as ops from "./row/mod.ts";

/** `body`: what `transformBody` wrote. */
export function runTransformBody(body: string): TransformProgram {
  return new Function("native", "rt", "ops", `"use strict";\n${body}return program;`)(native, rt, ops);
}

/** `body`: what `ingestBody` wrote. */
export function runIngestBody(body: string): IngestProgram {
  return new Function("native", "ops", "core", `"use strict";\n${body}return program;`)(native, ops, core);
}
