/** The check's load while processes are killed at failpoints: nothing may be lost or doubled. */
import assert from "node:assert/strict";
import { makeEvents } from "../../cli/check/events.ts";
import { type CheckOptions, runCheck } from "../../cli/check/run.ts";
import type { SystemHooks } from "../../cli/system.ts";
import { withSystem } from "./bed.ts";
import { FailpointSchedule, type Target } from "./failpoint_schedule.ts";

/** What kills: a schedule that must be carried out, or dice. */
export interface Killer {
  /** What a start of the process (`pipeline/stage`, or `receiver`) arms. */
  arm(process: string): Record<string, number>;
  /** A process was killed. */
  reached(name: string, pipeline?: string): void;
  /** Awaited before each request of the load. */
  pace(ms: number): Promise<void>;
}

export interface KillOptions extends Pick<CheckOptions, "count" | "seed" | "kinds" | "kafka" | "kafkaOnly"> {
  /** Longest pause before a request of the load. */
  readonly paceMs: number;
  readonly timeoutMs?: number;
}

/** Every target must be reached; gives how often each point killed a process. */
export async function checkWithSchedule(
  targets: readonly Target[],
  options: KillOptions,
): Promise<Record<string, number>> {
  const schedule = new FailpointSchedule(targets);
  await checkWithKills(schedule, options);
  assert.deepEqual(schedule.left, [], "every failpoint was reached");
  return schedule.kills;
}

export async function checkWithKills(killer: Killer, options: KillOptions): Promise<void> {
  const hooks: SystemHooks = {
    failpoints: (pipeline, stage) => killer.arm(`${pipeline}/${stage}`),
    receiverFailpoints: () => killer.arm("receiver"),
    onFailpoint: (name, pipeline) => killer.reached(name, pipeline),
  };
  await withSystem(hooks, async ({ system }) => {
    const result = await runCheck(system, {
      ...options,
      timeoutMs: options.timeoutMs ?? 150_000,
      // Small requests and small inserts: many passings in few events.
      batch: 15,
      maxBatchSize: 15,
      pace: () => killer.pace(options.paceMs),
    });
    assert.deepEqual(result.problems, []);
    assert.equal(result.ok, true);
    assert.ok(result.accepted > 0 && result.dead_lettered > 0);
  });
}

/** A seed whose events hold at least `refused` rows that ClickHouse refuses, in both pipelines. */
export function seedWithRefusedRows(count: number, refused: number): number {
  for (let seed = 1;; seed++) {
    const enough = [true, false].every((duplicates) => {
      const events = makeEvents({ prefix: "", count, seed, duplicates });
      return events.filter(({ fate }) => fate === "refused").length >= refused;
    });
    if (enough) return seed;
  }
}
