/**
 * A compiled stateless transform over frames as they arrive, to blocks of the table's types. `value`: rows per second of
 * `log38`: 38 fields read, 38 outputs, of which 8 are computed.
 */
import { call, field, type InterpretedPipeline, literal, type Tree } from "./baseline/interpreted_pipeline.ts";
import { type Output, transforming } from "./compiled.ts";
import { EVENT_SHAPES, eventBuffer, type EventShape } from "./events.ts";
import { interpreting } from "./filter.ts";
import { besideBaseline, significant, takeTurns } from "./measure.ts";
import type { Bench } from "./result.ts";

const EVENTS = { event200: 100_000, log38: 20_000 };

/** The same output for the compiler and for the baseline. */
interface Computed extends Output {
  readonly tree: Tree;
}

const LOG38: Computed[] = [
  { name: "level", type: "string", expression: "upper(level)", tree: call("upper", field("level")) },
  { name: "method", type: "string", expression: "lower(method)", tree: call("lower", field("method")) },
  { name: "service", type: "string", expression: 'service + "/" + region', tree: joined("service", "region") },
  {
    name: "duration_ms",
    type: "float64",
    expression: "duration_ms / 1000",
    tree: call("/", field("duration_ms"), literal(1000)),
  },
  { name: "cached", type: "bool", expression: "status >= 500", tree: call(">=", field("status"), literal(500)) },
  { name: "user_id", type: "string", expression: "toString(user_id)", tree: call("toString", field("user_id")) },
  {
    name: "referer",
    type: "string",
    expression: 'user_agent contains "Linux" ? "linux" : referer',
    tree: call("if", call("contains", field("user_agent"), literal("Linux")), literal("linux"), field("referer")),
  },
  {
    name: "retries",
    type: "int",
    expression: "retries > 0 ? retries : bytes_in",
    tree: call("if", call(">", field("retries"), literal(0)), field("retries"), field("bytes_in")),
  },
];
const EVENT200: Computed[] = [
  { name: "kind", type: "string", expression: "upper(kind)", tree: call("upper", field("kind")) },
  { name: "amount", type: "float64", expression: "amount / 100", tree: call("/", field("amount"), literal(100)) },
];

export const bench: Bench = {
  about: "stateless transforms: compiled, on columns, against trees walked over parsed JSON",
  async run(note) {
    note("making events");
    const small = eventBuffer(EVENT_SHAPES.event200, EVENTS.event200);
    const wide = eventBuffer(EVENT_SHAPES.log38, EVENTS.log38);
    const log38 = pipelines(EVENT_SHAPES.log38, LOG38), event200 = pipelines(EVENT_SHAPES.event200, EVENT200);
    note("measuring");
    const measured = await takeTurns({
      log38: transforming(EVENT_SHAPES.log38, { outputs: log38.outputs }, wide),
      log38Baseline: interpreting(log38.interpreted, wide),
      event200: transforming(EVENT_SHAPES.event200, { outputs: event200.outputs }, small),
      event200Baseline: interpreting(event200.interpreted, small),
      plain: transforming(EVENT_SHAPES.log38, {}, wide),
      plainBaseline: interpreting({}, wide),
    }, { rounds: 7, warmUps: 2 });
    return {
      value: Math.round(measured.log38.rate),
      unit: "rows/s",
      baseline: Math.round(measured.log38Baseline.rate),
      ratio: significant(measured.log38.rate / measured.log38Baseline.rate),
      cpu_seconds_per_million_events: {
        ours: measured.log38.perMillion("ours"),
        baseline: measured.log38Baseline.perMillion("ours"),
      },
      log38_8_computed: besideBaseline(measured.log38, measured.log38Baseline),
      event200_2_computed: besideBaseline(measured.event200, measured.event200Baseline),
      log38_conversion_only: besideBaseline(measured.plain, measured.plainBaseline),
    };
  },
};

function joined(a: string, b: string): Tree {
  return call("+", call("+", field(a), literal("/")), field(b));
}

/** Every field of the shape, computed or passed on. */
function pipelines(shape: EventShape, computed: readonly Computed[]) {
  const byName = new Map(computed.map((output) => [output.name, output]));
  const outputs = shape.fields.map(({ name, type }): Computed =>
    byName.get(name) ?? { name, type: type === "float" ? "float64" : type, expression: name, tree: field(name) }
  );
  const interpreted: InterpretedPipeline = { outputs: outputs.map(({ name, tree }) => ({ name, tree })) };
  return { outputs, interpreted };
}
