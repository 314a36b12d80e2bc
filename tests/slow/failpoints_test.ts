/**
 * Every failpoint of the protocol, in every process that passes it: the process is killed with SIGKILL exactly there, under
 * load, comes back by its supervisor, and nothing is lost or doubled. A failpoint that is not reached fails the test.
 */
import assert from "node:assert/strict";
import { type FailpointName, FAILPOINTS } from "../../runtime/failpoint.ts";
import { checkWithKills, checkWithSchedule, seedWithRefusedRows } from "../system/check_with_kills.ts";
import type { Target } from "../system/failpoint_schedule.ts";
import { RandomKills } from "../system/random_kills.ts";

/** Those of Kafka sources have a test of their own: `kafka_failpoints_test.ts`. */
const names = (Object.keys(FAILPOINTS) as FailpointName[]).filter((name) => !name.startsWith("ingest."));

/** Points that only one of the two kinds of transform has. */
const STATEFUL_ONLY = [
  "transform.after_state_open",
  "transform.before_commit",
  "transform.after_commit",
  "transform.after_ack",
  "transform.after_publish",
  "transform.after_outbox_delete",
];
const STATELESS_ONLY = ["transform.before_pass", "transform.after_pass"];

/** Passed once in a life of a process: "later" means in a later life, not after several passings. */
const ONCE_A_START = [
  "transform.after_claim",
  "transform.after_consumer",
  "transform.after_state_open",
  "sink.after_claim",
  "sink.after_recover",
  "sink.after_consumer",
];

/** The processes that pass a point. */
function processesOf(name: FailpointName): string[] {
  const [stage] = name.split(".");
  if (stage === "receiver") return ["receiver"];
  const kinds = STATEFUL_ONLY.includes(name) ? ["dedup"] : STATELESS_ONLY.includes(name) ? ["pass"] : ["dedup", "pass"];
  return kinds.map((kind) => `check-${kind}/${stage}`);
}

const targets = (nth: (name: FailpointName) => number): Target[] =>
  names.flatMap((name) => processesOf(name).map((process) => ({ process, name, nth: nth(name) })));

function report(title: string, kills: Record<string, number>): void {
  console.log(`${title}: ${Object.values(kills).reduce((sum, n) => sum + n, 0)} kills`);
  for (const name of names) console.log(`  ${name.padEnd(30)} ${kills[name] ?? 0}`);
}

Deno.test("killed at the first passing of every failpoint", async () => {
  const count = 2_000;
  const kills = await checkWithSchedule(targets(() => 1), { count, seed: seedWithRefusedRows(count, 3), paceMs: 150 });
  report("first passing", kills);
  for (const name of names) assert.equal(kills[name], processesOf(name).length, name);
});

Deno.test("killed at a later passing of every failpoint", async () => {
  const count = 3_000;
  const later = (name: FailpointName) => ONCE_A_START.includes(name) ? 1 : name === "sink.after_bisect" ? 3 : 4;
  const kills = await checkWithSchedule(targets(later), { count, seed: seedWithRefusedRows(count, 4), paceMs: 300 });
  report("later passing", kills);
  for (const name of names) assert.equal(kills[name], processesOf(name).length, name);
});

for (const seed of [1, 2, 3]) {
  Deno.test(`killed at random failpoints, seed ${seed}`, async () => {
    const kills = new RandomKills(seed, 8, (process) => names.filter((name) => processesOf(name).includes(process)));
    const count = 2_500;
    await checkWithKills(kills, { count, seed: seedWithRefusedRows(count, 3), paceMs: 200 });
    console.log(`seed ${seed}: ${kills.reachedAt.length} kills: ${kills.reachedAt.join(", ")}`);
    assert.ok(kills.reachedAt.length >= 20, `only ${kills.reachedAt.length} kills`);
  });
}
