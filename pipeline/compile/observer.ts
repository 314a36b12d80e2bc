/** Runs what `observe.ts` wrote. Apart from it, so that where rows are looked at no compiler has to be loaded. */
import * as rt from "../expr/runtime.ts";
import { type Block, decodeText } from "../native/mod.ts";
import { fieldText } from "./row/dead_row.ts";
import * as ops from "./row/mod.ts";

export interface RowObserver {
  /** Index of the first filter that is not true or fails, -1 if there is none. */
  droppedBy(block: Block, row: number, timeMs: number): number;
  /** The text whose fingerprint is remembered; null without deduplication, and if the row has no key. */
  key(block: Block, row: number): string | null;
  /** The outputs of the stateless transforms in their order up to the one that fails, each as name and JSON text. */
  steps(block: Block, row: number, timeMs: number): (readonly [name: string, json: string])[][];
}

export function createObserver(body: string): RowObserver {
  const shown = { text: decodeText, output: outputText, field: fieldText };
  return new Function("rt", "ops", "shown", `"use strict";\n${body}`)(rt, ops, shown);
}

/** Infinities and NaN have no JSON; whether they fit the column is for the conversion to say. */
function outputText(value: unknown, type: string): string {
  const unfit = typeof value === "number" && !Number.isFinite(value);
  return unfit ? JSON.stringify(String(value)) : rt.outputJson(value, type);
}
