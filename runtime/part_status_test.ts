import assert from "node:assert/strict";
import { ConsumerBroken, PositionGap, StreamFull } from "./errors.ts";
import { MalformedFrame } from "./frame.ts";
import { PartStatus } from "./part_status.ts";

function watched() {
  const states: string[] = [];
  return { states, status: new PartStatus("lane 0", (_part, { state }) => void states.push(state)) };
}

Deno.test("what a person must mend stays shown until data flows, not until the next attempt", () => {
  const { states, status } = watched();
  status.opened();
  status.trouble(new MalformedFrame("damaged"));
  status.opened();
  status.trouble(new MalformedFrame("damaged"));
  status.progress();
  assert.deepEqual(states, ["running", "blocked", "blocked", "running"]);
});

Deno.test("what mends itself is shown as waiting until the next attempt begins", () => {
  const { states, status } = watched();
  status.trouble(new StreamFull("full"));
  status.opened();
  status.waiting("ClickHouse is away");
  status.waiting(null);
  status.trouble(new ConsumerBroken("hole"));
  assert.deepEqual(states, ["waiting", "running", "waiting", "running"]);
});

Deno.test("a gap is believed when it is met three times in a row", () => {
  const { states, status } = watched();
  const gap = new PositionGap("missing");
  status.trouble(gap);
  status.trouble(gap);
  status.progress();
  status.trouble(gap);
  status.trouble(gap);
  assert.deepEqual(states, ["running"]);
  status.trouble(gap);
  assert.deepEqual(states, ["running", "blocked"]);
});
