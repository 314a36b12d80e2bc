/**
 * The filter of a compiled transform, over frames as they arrive. `value`: rows per second of one comparison on a column,
 * when no row passes, so that nothing but the filter is measured. The pipelines in the details copy what passes.
 */
import { call, field, interpret, type InterpretedPipeline, literal } from "./baseline/interpreted_pipeline.ts";
import { ROWS_PER_FRAME, transforming } from "./compiled.ts";
import { EVENT_SHAPES, type EventBuffer, eventBuffer } from "./events.ts";
import { besideBaseline, type Side, significant, takeTurns } from "./measure.ts";
import type { Bench } from "./result.ts";

const EVENTS = { event200: 100_000, log38: 20_000 };
/** One pass over so few columns is over in no time. */
const REPEATED = 20;

export const bench: Bench = {
  about: "filters: compiled, on columns, against trees walked over parsed JSON",
  async run(note) {
    note("making events");
    const small = eventBuffer(EVENT_SHAPES.event200, EVENTS.event200);
    const wide = eventBuffer(EVENT_SHAPES.log38, EVENTS.log38);
    const one = { filter: "user_id < 0", columns: ["user_id"] };
    const text = { filter: 'kind == "sale"', columns: ["kind"] };
    const sides = {
      number: repeat(transforming(EVENT_SHAPES.event200, one, small)),
      text: repeat(transforming(EVENT_SHAPES.event200, text, small)),
      event200: transforming(EVENT_SHAPES.event200, { filter: 'amount > 100 && kind != "view"' }, small),
      log38: transforming(EVENT_SHAPES.log38, { filter: 'status < 500 && level != "debug"' }, wide),
    };
    const baselines = {
      numberBaseline: interpreting({ filter: call("<", field("user_id"), literal(0)) }, small),
      textBaseline: interpreting({ filter: call("==", field("kind"), literal("sale")) }, small),
      event200Baseline: interpreting({
        filter: call("and", call(">", field("amount"), literal(100)), call("!=", field("kind"), literal("view"))),
      }, small),
      log38Baseline: interpreting({
        filter: call("and", call("<", field("status"), literal(500)), call("!=", field("level"), literal("debug"))),
      }, wide),
    };
    note("measuring");
    const measured = await takeTurns({ ...sides, ...baselines }, { rounds: 7, warmUps: 2 });
    return {
      value: Math.round(measured.number.rate),
      unit: "rows/s",
      baseline: Math.round(measured.numberBaseline.rate),
      ratio: significant(measured.number.rate / measured.numberBaseline.rate),
      cpu_seconds_per_million_events: {
        ours: measured.number.perMillion("ours"),
        baseline: measured.numberBaseline.perMillion("ours"),
      },
      one_number: besideBaseline(measured.number, measured.numberBaseline),
      one_text: besideBaseline(measured.text, measured.textBaseline),
      event200_all_columns: {
        ...besideBaseline(measured.event200, measured.event200Baseline),
        kept: significant(sides.event200.kept() / EVENTS.event200),
      },
      log38_all_columns: {
        ...besideBaseline(measured.log38, measured.log38Baseline),
        kept: significant(sides.log38.kept() / EVENTS.log38),
      },
    };
  },
};

function repeat(side: Side): Side {
  return {
    async run() {
      let events = 0;
      for (let i = 0; i < REPEATED; i++) events += (await side.run()).events;
      return { events };
    },
  };
}

export function interpreting(pipeline: InterpretedPipeline, events: EventBuffer): Side {
  return {
    run() {
      let bytes = 0;
      for (let from = 0; from < events.count; from += ROWS_PER_FRAME) {
        bytes += interpret(pipeline, events, from, Math.min(from + ROWS_PER_FRAME, events.count)).length;
      }
      if (bytes < 0) throw new RangeError("no output"); // what is made has to be used
      return { events: events.count };
    },
  };
}
