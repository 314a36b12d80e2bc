/**
 * The suite `types`: a value of a source's type, through the pipeline's own stages into a column of the real engine, and
 * back by SELECT.
 *
 * A case is `{"source", "target", "value"?, "result"? | "error"?}`. `source`: a declared type of a JSON source; or `key`, a
 * key of a map that may lack it; or `timestamp` (nanoseconds) or `attributes` of OTLP logs. `target`: a ClickHouse type.
 * Without `value` the record lacks the field. `result`: what the engine shows. `error`: a part of the message with which
 * the pair is refused when the pipeline is created, or the row as a dead letter.
 */
import { parsePipelineConfig } from "../../pipeline/config/mod.ts";
import { kafkaBody, kafkaSource, otlpBody, sink } from "../../pipeline/config/sample_configs.ts";
import { instantiateIngest, instantiateTransform } from "../../pipeline/compile/instantiate.ts";
import { type PipelinePlan, planPipeline } from "../../pipeline/compile/plan.ts";
import type { Outcome } from "../../pipeline/compile/program.ts";
import { sourceBlock } from "../../pipeline/compile/testing/source_rows.ts";
import { type Block, readBlock } from "../../pipeline/native/mod.ts";
import { Digits, parseDigits, sameValue, writeDigits } from "./json_digits.ts";
import { dataFiles, type Failure, type Suite } from "./suite.ts";
import { startTables, type Tables } from "./tables.ts";

export interface TypeCase {
  readonly source: string;
  readonly target: string;
  readonly value?: unknown;
  readonly result?: unknown;
  readonly error?: string;
}

export const suite: Suite = {
  async run(files) {
    const cases = [...dataFiles("types"), ...files].flatMap((file) => readCases(Deno.readTextFileSync(file)));
    const outcomes = await outcomesOf(cases);
    const failures = cases.flatMap((each, i) => failureOf(each, outcomes[i]));
    return { passed: cases.length - failures.length, failures };
  },
};

function readCases(text: string): TypeCase[] {
  const parsed = parseDigits(text);
  if (!Array.isArray(parsed)) throw new TypeError("a file of cases is a list of objects");
  return parsed;
}

/** What became of a case: the value that the engine shows, or a message. */
type OutcomeOfCase = { readonly result: unknown } | { readonly error: string };

function failureOf(each: TypeCase, outcome: OutcomeOfCase): Failure[] {
  const { source, target, value, result, error } = each;
  const wanted = error === undefined ? writeDigits(result) : `error: ${error}`;
  const found = "error" in outcome ? `error: ${outcome.error}` : writeDigits(outcome.result);
  const precision = /Float32|BFloat16/.test(target) ? "single" : /Float64|Point|JSON/.test(target) ? "double" : "exact";
  const passed = "error" in outcome
    ? error !== undefined && outcome.error.includes(error)
    : error === undefined && sameValue(outcome.result, result, precision);
  const given = value === undefined ? "nothing" : writeDigits(value);
  return passed ? [] : [{ name: `${source} ${given} → ${target}`, message: `expected ${wanted}, got ${found}` }];
}

/** Cases of one target share a table, those of one source and target also a pipeline. */
async function outcomesOf(cases: readonly TypeCase[]): Promise<OutcomeOfCase[]> {
  const outcomes: OutcomeOfCase[] = [];
  const tables = await startTables();
  try {
    for (const [target, numbers] of groups(cases.keys(), (i) => cases[i].target)) {
      const parts = [...groups(numbers, (i) => cases[i].source).values()].flatMap((some) => {
        try {
          return [throughPipeline(cases, some, outcomes)];
        } catch (error) {
          for (const i of some) outcomes[i] = { error: messageOf(error) };
          return [];
        }
      });
      await store(tables, target, parts.filter(({ rows }) => rows > 0), numbers, outcomes);
    }
    return outcomes;
  } finally {
    await tables.stop();
  }
}

async function store(
  tables: Tables,
  target: string,
  parts: Parameters<Tables["roundTrip"]>[1],
  numbers: readonly number[],
  outcomes: OutcomeOfCase[],
): Promise<void> {
  if (parts.length === 0) return;
  try {
    for (const line of await tables.roundTrip(target, parts)) {
      const { id, v } = parseDigits(line) as { id: Digits; v: unknown };
      outcomes[Number(id.text)] = { result: v };
    }
  } catch (error) {
    for (const i of numbers) outcomes[i] ??= { error: messageOf(error) };
  }
  for (const i of numbers) outcomes[i] ??= { error: "the row is not in the table" };
}

/** The rows that a pipeline writes for these cases; the others' outcomes are noted. */
function throughPipeline(cases: readonly TypeCase[], numbers: readonly number[], outcomes: OutcomeOfCase[]) {
  const { source, target } = cases[numbers[0]];
  const plan = planOf(source, target);
  const events = source === "timestamp" || source === "attributes"
    ? { block: otlpBlock(plan, cases, numbers), numbers }
    : scanned(plan, cases, numbers, outcomes);
  const instance = instantiateTransform(plan).create();
  const out: Outcome = { positions: [], filtered: [], deduplicated: [], dead: [] };
  if (events.block !== null) instance.run(events.block, 0, events.block.rows, 0, 0, null, out);
  for (const { position, error } of out.dead) outcomes[events.numbers[position]] = { error };
  const { block, rows, columnLengths } = instance.take();
  return { bytes: block, rows, columnLengths };
}

function planOf(source: string, target: string): PipelinePlan {
  const otlp = source === "timestamp" || source === "attributes";
  const type = source === "key" ? "map" : source;
  const name = otlp ? source : source === "key" ? "f.k" : "f";
  const mapping = [
    { name: otlp ? "severity_number" : "id", column_name: "id", column_type: otlp ? "UInt32" : "Int64" },
    { name, column_name: "v", column_type: target },
  ];
  const schema_fields = [{ name: "id", type: "int" }, { name: "f", type }];
  const body = otlp
    ? otlpBody({ sink: sink({ mapping }) })
    : kafkaBody({ sources: [kafkaSource("orders", { schema_fields })], sink: sink({ mapping }) });
  const table = [["id", "UInt32"], ["v", target]].map(([name, type]) => ({ name, type, default_kind: "" }));
  return planPipeline(parsePipelineConfig(body), table);
}

function otlpBlock(plan: PipelinePlan, cases: readonly TypeCase[], numbers: readonly number[]): Block {
  return sourceBlock(
    plan.input,
    numbers.map((i) => {
      const { value } = cases[i];
      return { severity_number: i, [cases[i].source]: value instanceof Digits ? BigInt(value.text) : value };
    }),
  );
}

function scanned(
  plan: PipelinePlan,
  cases: readonly TypeCase[],
  numbers: readonly number[],
  outcomes: OutcomeOfCase[],
): { block: Block | null; numbers: number[] } {
  const ingest = instantiateIngest(plan).create();
  const accepted: number[] = [];
  for (const i of numbers) {
    const { source, value } = cases[i];
    const given = value === undefined ? undefined : writeDigits(value);
    const field = source === "key" ? given === undefined ? "{}" : `{"k":${given}}` : given;
    const record = new TextEncoder().encode(field === undefined ? `{"id":${i}}` : `{"id":${i},"f":${field}}`);
    if (ingest.scan(record, 0, record.length) === 0) accepted.push(i);
    else outcomes[i] = { error: ingest.errorText() };
  }
  const taken = ingest.take(0);
  return { block: taken.length === 0 ? null : readBlock(taken[0].block), numbers: accepted };
}

function groups<K>(numbers: Iterable<number>, keyOf: (i: number) => K): Map<K, number[]> {
  const found = new Map<K, number[]>();
  for (const i of numbers) {
    const key = keyOf(i);
    const group = found.get(key);
    if (group === undefined) found.set(key, [i]);
    else group.push(i);
  }
  return found;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
