/** The check's load while processes are killed at failpoints: everything must be reached, and nothing lost or doubled. */
import assert from "node:assert/strict";
import { expectationOf, makeEvents } from "../../cli/check/events.ts";
import { type CheckOptions, runCheck } from "../../cli/check/run.ts";
import type { SystemHooks } from "../../cli/system.ts";
import { withSystem } from "./bed.ts";
import { FailpointSchedule, type Target } from "./failpoint_schedule.ts";

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

export interface KillOptions extends Pick<CheckOptions, "count" | "seed" | "kinds"> {
  /** Longest pause before a request of the load while points are left. */
  readonly paceMs: number;
  readonly timeoutMs?: number;
}

/** Gives how often each point killed a process. */
export async function checkWithKills(
  targets: readonly Target[],
  options: KillOptions,
): Promise<Record<string, number>> {
  const schedule = new FailpointSchedule(targets);
  const hooks: SystemHooks = {
    failpoints: (pipeline, stage) => schedule.arm(`${pipeline}/${stage}`),
    receiverFailpoints: () => schedule.arm("receiver"),
    onFailpoint: (name, pipeline) => schedule.reached(name, pipeline),
  };
  await withSystem(hooks, async ({ system }) => {
    const result = await runCheck(system, {
      ...options,
      timeoutMs: options.timeoutMs ?? 150_000,
      // Small requests and small inserts: many passings in few events.
      batch: 15,
      maxBatchSize: 15,
      pace: () => schedule.pace(options.paceMs),
    });
    assert.deepEqual(result.problems, []);
    assert.equal(result.ok, true);
    assert.ok(result.accepted > 0 && result.dead_lettered > 0);
  });
  assert.deepEqual(schedule.left, [], "every failpoint was reached");
  return schedule.kills;
}

/** What a check's accepted events must add up to, for messages. */
export const accepted = (count: number, seed: number, duplicates: boolean) =>
  expectationOf(makeEvents({ prefix: "", count, seed, duplicates })).accepted;
