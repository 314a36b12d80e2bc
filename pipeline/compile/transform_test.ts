import assert from "node:assert/strict";
import fc from "fast-check";
import { formatType, jsonValue, readBlock } from "../native/mod.ts";
import { instantiateTransform } from "./instantiate.ts";
import { type PipelinePlan, planPipeline } from "./plan.ts";
import type { Outcome, SeenKeys } from "./program.ts";
import { eventOf, type Fate, interpret } from "./testing/interpreter.ts";
import { sample } from "./testing/pipelines.ts";
import { sourceBlock, type SourceRow } from "./testing/source_rows.ts";

const BASE = 5_000_000_000;

for (let parts = 0; parts < 8; parts++) {
  const use = { filter: (parts & 1) !== 0, dedup: (parts & 2) !== 0, stateless: (parts & 4) !== 0 };
  const name = Object.entries(use).flatMap(([part, on]) => on ? [part] : []).join(", ") || "conversion only";
  Deno.test(`compiled programs do what the plain interpreter says: ${name}`, () => {
    fc.assert(
      fc.property(sample(use), ({ config, rows }) => {
        const plan = planPipeline(config, null);
        assert.deepEqual(runCompiled(plan, rows), interpret(plan, rows).map(comparable));
      }),
      { numRuns: 150 },
    );
  });
}

/** In two calls of `run`, so that a program's memory between calls is seen too. */
function runCompiled(plan: PipelinePlan, rows: readonly SourceRow[]): Fate[] {
  const instance = instantiateTransform(plan).create();
  const block = sourceBlock(plan.input, rows);
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  const middle = rows.length >> 1;
  const seen = plan.dedup ? new Seen() : null;
  instance.run(block, 0, middle, BASE, 1, seen, out);
  instance.run(block, middle, rows.length, BASE, 1, seen, out);
  const taken = instance.take();
  assert.equal(taken.rows, out.positions.length);
  const fates: Fate[] = [];
  for (const position of out.filtered) fates[position - BASE] = { kind: "filtered" };
  for (const position of out.deduplicated) fates[position - BASE] = { kind: "deduplicated" };
  for (const { position, error, original } of out.dead) {
    const text = new TextDecoder().decode(original);
    assert.equal(text.includes("\n"), false);
    assert.deepEqual(comparable(JSON.parse(text)), comparable(eventOf(plan, rows[position - BASE])));
    fates[position - BASE] = { kind: "dead", error };
  }
  if (taken.rows > 0) {
    const { columns } = readBlock(taken.block, 0, plan.outputLayout);
    out.positions.forEach((position, row) => {
      const values = columns.map((
        { name, type, column },
      ) => [name, parseExact(jsonValue(column, type, row), formatType(type))]);
      fates[position - BASE] = { kind: "written", values: Object.fromEntries(values) };
    });
  }
  return fates.map(comparable);
}

class Seen implements SeenKeys {
  readonly #keys = new Set<string>();
  has(a: number, b: number, c: number, d: number): boolean {
    return this.#keys.has(`${a} ${b} ${c} ${d}`);
  }
  add(a: number, b: number, c: number, d: number): void {
    this.#keys.add(`${a} ${b} ${c} ${d}`);
  }
}

/** Integers that a double cannot hold stay exact; texts of Float32 are rounded to it. */
function parseExact(text: string, type: string): unknown {
  return JSON.parse(text, (_key, value, context?: { source?: string }) => {
    if (typeof value !== "number") return value;
    if (/Float32|BFloat16/.test(type)) return Math.fround(value);
    const source = context?.source;
    const exact = type.includes("Int") && !Number.isSafeInteger(value) && source !== undefined;
    return exact ? BigInt(source) : value;
  });
}

/** Years of more than four digits have several texts, zeros have no sign, and whole numbers are equal whatever holds them. */
function comparable<T>(value: T): T;
function comparable(value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return `#${BigInt(value)}`;
  if (typeof value === "string") return value.replace(/(out of range of Date\w*): (?!\d{4}-).*/, "$1");
  if (Array.isArray(value)) return value.map((each) => comparable(each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, comparable(each)]));
}
