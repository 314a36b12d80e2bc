import assert from "node:assert/strict";
import fc from "fast-check";
import { planPipeline } from "../../pipeline/compile/mod.ts";
import { type Fate, interpret } from "../../pipeline/compile/testing/interpreter.ts";
import { type Parts, type Sample, sample } from "../../pipeline/compile/testing/pipelines.ts";
import type { SourceRow } from "../../pipeline/compile/testing/source_rows.ts";
import { dryRun } from "./dry_run.ts";
import { dryRunJob } from "./prepare.ts";

interface Entry {
  readonly event: number;
  readonly reason?: string;
  readonly error?: string;
}

interface Answer {
  readonly stages: readonly {
    readonly stage: string;
    readonly in: number;
    readonly kept: readonly Entry[];
    readonly dropped: readonly Entry[];
    readonly dead_lettered: readonly Entry[];
    readonly changed: readonly Entry[];
  }[];
  readonly rows: readonly Entry[];
}

/** A Kafka message of the row. Fields of arrays and maps hold JSON texts already; integers keep their digits. */
function message(row: SourceRow): string {
  const members = Object.entries(row).map(([name, value]) => {
    const raw = name === "a" || name === "m" || typeof value === "bigint";
    return `${JSON.stringify(name)}:${raw ? value : JSON.stringify(value)}`;
  });
  return `{${members.join(",")}}`;
}

function isKafka({ config }: Sample): boolean {
  return config.sources[0].type === "kafka";
}

const outcome = (fate: Fate) => fate.kind === "dead" ? `dead: ${comparable(fate.error)}` : fate.kind;
const comparable = (error: string) => error.replace(/(out of range of Date\w*): (?!\d{4}-).*/, "$1");

for (const parts of [0, 1, 2, 3, 4, 5, 6, 7]) {
  const use: Parts = { filter: (parts & 1) !== 0, dedup: (parts & 2) !== 0, stateless: (parts & 4) !== 0 };
  const name = Object.entries(use).flatMap(([part, on]) => on ? [part] : []).join(", ") || "conversion only";
  Deno.test(`every event's fate is what the plain interpreter says, told at one stage: ${name}`, () => {
    fc.assert(
      fc.property(sample(use).filter(isKafka), ({ config, rows }) => {
        fc.pre(rows.length > 0);
        const answer: Answer = JSON.parse(dryRun(dryRunJob(config, null, rows.map(message), 1)));
        const fates: string[] = [];
        const note = (event: number, fate: string) => {
          assert.equal(fates[event], undefined, "an event has one fate");
          fates[event] = fate;
        };
        let before = rows.length;
        for (const { in: taken, kept, dropped, dead_lettered, changed, stage } of answer.stages) {
          assert.equal(taken, before, `${stage} gets what the stage before it kept`);
          before = kept.length;
          if (stage === "stateless") {
            assert.deepEqual(
              changed.map(({ event }) => event),
              kept.map(({ event }) => event),
            );
          }
          for (const { event, reason } of dropped) note(event, reason!);
          for (const { event, error } of dead_lettered) note(event, `dead: ${comparable(error!)}`);
        }
        for (const { event } of answer.rows) note(event, "written");
        assert.deepEqual(fates, interpret(planPipeline(config, null), rows).map(outcome));
      }),
      { numRuns: 60 },
    );
  });
}
