// The sink. One key per lane holds ownership, the open plan, the marks and the ledger, and changes only by compare-and-set.
// Takeover: swap the key to a new epoch, finish the open plan, load the marks, replace the consumer, consume. A compare-and-set
// that is refused means: read again; an open plan is finished, which is no permission to make the next one.

import { ack, message, recreate, waiting } from "./edge.ts";
import { deliveryFaults, redelivery } from "./ownership.ts";
import { derive, jobSteps, nextInsert, samePlan, swap } from "./plan.ts";
import type { Add, Configuration, Job, Lane, LaneKey, Marks, Plan, SinkSession, World } from "./world.ts";
import { noLedger, noMarks } from "./world.ts";

export function newLane(shards: readonly number[]): Lane {
  const keys = { lane: { plan: null, marks: noMarks(), ledger: noLedger() } };
  return { shards, epoch: 0, consumer: 0, sessions: [], keys, lateSwaps: [], lateInserts: [] };
}

const newJob = (key: string, plan: Plan): Job => ({
  key,
  plan: structuredClone(plan),
  letters: 0,
  inserted: 0,
  refused: false,
  counted: false,
  attempt: 0,
});

function allMarks(lane: Lane): Marks {
  const all = noMarks();
  for (const { marks } of Object.values(lane.keys)) {
    for (const [k, v] of Object.entries(marks.seq)) all.seq[k] = Math.max(all.seq[k] ?? 0, v);
    for (const [k, v] of Object.entries(marks.pos)) all.pos[k] = Math.max(all.pos[k] ?? -1, v);
  }
  return all;
}

function openPlan(lane: Lane): { key: string; plan: Plan } | null {
  for (const [key, { plan }] of Object.entries(lane.keys)) if (plan) return { key, plan };
  return null;
}

export function sinkSteps(c: Configuration, w: World, add: Add): void {
  w.lanes.forEach((lane, l) => {
    const name = `S${w.lanes.length > 1 ? `${l}.` : ""}`;
    const pick = (t: World) => t.lanes[l];
    takeovers(c, lane, pick, w, name, add);
    lane.lateSwaps.forEach((late) => {
      add("optional", `a late compare-and-set of ${late.key} lands (${late.value.plan ? "plan" : "done"})`, (t) => {
        swap(c, pick(t), late.key, null, late.value);
      });
    });
    for (const session of lane.sessions) sessionSteps(c, w, l, lane, session, `${name}${session.epoch}`, add);
  });
}

/** A new owner swaps the key to its epoch. */
function takeovers(c: Configuration, lane: Lane, pick: (t: World) => Lane, w: World, name: string, add: Add): void {
  const current = lane.sessions.find((s) => s.epoch === lane.epoch);
  const claim = (t: World) => {
    const mine = pick(t);
    const epoch = ++mine.epoch;
    const session: SinkSession = {
      epoch,
      held: [],
      lostDelivery: 0,
      phase: "taking",
      fresh: true,
      marks: noMarks(),
      job: null,
      unsure: false,
      gaps: 0,
    };
    if (c.rules.displacedSends === "nothing") mine.sessions = [];
    mine.sessions.push(session);
    if (c.rules.laneKey === "one") swap(c, mine, "lane", session, mine.keys.lane);
    else mine.keys[`lane-${epoch}`] = { plan: null, marks: noMarks(), ledger: noLedger() };
    const open = openPlan(mine);
    const wait = c.rules.waitOnTakeover;
    session.unsure = wait === "always" || (wait === "open plan" && open !== null);
    if (open) session.job = newJob(open.key, open.plan);
    session.phase = open ? "finishing" : "taking";
    if (!open || !c.rules.marksAfterPlan) session.marks = allMarks(mine);
  };
  if (!current) return void add("live", `${name}${lane.epoch + 1} takes the lane`, claim);
  add("crash", `${name}${current.epoch} crashes`, (t) => {
    pick(t).sessions = pick(t).sessions.filter((s) => s.epoch !== current.epoch);
  });
  add("lane takeover", `${name}${lane.epoch + 1} takes the lane, ${name}${current.epoch} goes on`, claim);
  const running = nextInsert(c, w, current);
  if (running) {
    add(
      "lane takeover",
      `${name}${lane.epoch + 1} takes the lane, insert ${running.token} of ${name}${current.epoch} runs`,
      (t) => {
        claim(t);
        pick(t).lateInserts.push(running);
      },
    );
  }
}

/** The drained output stream is re-created: sequences start again, under a new incarnation. What is late may still land in it. */
export function recreationSteps(w: World, add: Add): void {
  const drained = w.output.last > 0 && w.output.log.every((m) => m.acked);
  const busy = w.lanes.some((lane) => lane.sessions.some((s) => s.job) || Object.values(lane.keys).some((k) => k.plan));
  if (w.left.recreations === 0 || !drained || busy) return;
  add("optional", "the drained stream out is re-created", (t) => {
    t.left.recreations--;
    t.output = { incarnation: t.output.incarnation + 1, last: 0, ids: [], log: [], late: t.output.late };
    for (const lane of t.lanes) {
      lane.consumer = 0;
      lane.lateSwaps = []; // they name frames that the marks have passed: the key has changed since
      for (const session of lane.sessions) {
        session.held = [];
        session.lostDelivery = 0;
        session.phase = "taking";
      }
    }
  });
}

function sessionSteps(
  c: Configuration,
  w: World,
  l: number,
  lane: Lane,
  session: SinkSession,
  who: string,
  add: Add,
): void {
  const pick = (t: World) => t.lanes[l];
  const own = (t: World) => pick(t).sessions.find((s) => s.epoch === session.epoch)!;
  const displaced = session.epoch !== lane.epoch;
  const kind = displaced ? "optional" : "live";
  const gone = (t: World) => {
    pick(t).sessions = pick(t).sessions.filter((s) => s.epoch !== session.epoch);
  };
  const loadMarks = (t: World) => {
    own(t).marks = allMarks(pick(t));
    settle(c, t, pick(t), own(t));
  };
  const again = (t: World) => {
    recreate(t.output, pick(t), own(t));
    settle(c, t, pick(t), own(t));
  };
  /** The key is read again after a refused compare-and-set. */
  const reread = (t: World) => {
    const s = own(t), owner = pick(t);
    s.fresh = true;
    const open = openPlan(owner);
    if (s.job && open && samePlan(open.plan, s.job.plan)) {
      if (JSON.stringify(open.plan) !== JSON.stringify(s.job.plan)) s.job = newJob(open.key, open.plan);
      return;
    }
    s.job = null;
    if (s.epoch !== owner.epoch && c.rules.displacedStops) return gone(t);
    if (open) s.job = newJob(open.key, open.plan);
    else {
      loadMarks(t);
      if (s.phase === "finishing") s.phase = "taking";
    }
  };
  const afterDone = (t: World) => {
    const s = own(t);
    if (s.epoch !== pick(t).epoch && c.rules.displacedStops) return gone(t);
    if (s.phase === "finishing") {
      s.phase = "taking";
      if (c.rules.marksAfterPlan) loadMarks(t);
    } else loadMarks(t);
  };

  if (session.job) {
    return jobSteps(c, w, l, lane, session, session.job, who, kind, reread, afterDone, gone, add);
  }
  if (session.phase === "taking") {
    if (lane.consumer > session.epoch) return;
    const alone = lane.sessions.every((s) => s === session || s.phase !== "taking");
    if (lane.consumer !== 0 && !alone) {
      add(kind, `${who} deletes the consumer of epoch ${lane.consumer}`, (t) => void (pick(t).consumer = 0));
    } else {
      add(kind, `${who} creates its consumer`, (t) => {
        again(t);
        own(t).phase = "running";
      });
    }
    return;
  }
  deliveryFaults(c, w.output, lane, session, who, own, again, add);
  if (redelivery(c, w.output, lane, session, who, kind, own, again, add)) return;
  planSteps(c, w, lane, session, who, kind, pick, own, again, reread, add);
}

/** What is at or below the mark is acknowledged and never planned. */
function settle(c: Configuration, t: World, lane: Lane, session: SinkSession): void {
  session.held = session.held.filter((seq) => {
    const m = message(t.output, seq);
    const mark = session.marks.seq[`${c.rules.incarnation ? t.output.incarnation : "-"}/${m?.shard}`] ?? 0;
    if (m && seq > mark) return true;
    if (m) ack(t.output, lane, session, seq);
    return false;
  });
}

function planSteps(
  c: Configuration,
  w: World,
  lane: Lane,
  session: SinkSession,
  who: string,
  kind: "live" | "optional",
  pick: (t: World) => Lane,
  own: (t: World) => SinkSession,
  again: (t: World) => void,
  reread: (t: World) => void,
  add: Add,
): void {
  const key = c.rules.laneKey === "one" ? "lane" : `lane-${session.epoch}`;
  for (const shard of lane.shards) {
    const seq = session.held.find((x) => message(w.output, x)!.shard === shard);
    if (seq === undefined || derive(c, w, [seq], session.marks) !== "gap") continue;
    // A displaced owner's marks are old, which looks like a gap: the key is read again before a gap is believed.
    if (c.rules.gapByOwnerOnly && lane.epoch !== session.epoch) continue;
    const first = waiting(w.output, [shard])[0] === seq;
    add(kind, `${who} sees a gap before out#${seq}`, (t) => {
      if (first) t.blocked = `sink ${who} is blocked by a gap that is none`;
      else again(t);
    });
  }
  for (const frames of prefixes(w, lane, session)) {
    const made = derive(c, w, frames, session.marks);
    if (typeof made === "string") continue;
    if (!session.fresh) {
      add(kind, `${who}'s plan is refused, it reads the key again`, reread);
      return;
    }
    const plan: Plan = {
      frames,
      start: session.marks,
      parts: made.rows.length > 0 ? [[0, made.rows.length]] : [],
      dead: [],
    };
    const value = (t: World): LaneKey => ({ ...pick(t).keys[key], plan: structuredClone(plan) });
    add(kind, `${who} plans [${frames}]`, (t) => {
      swap(c, pick(t), key, own(t), value(t));
      own(t).job = newJob(key, plan);
      if (!c.rules.ackAfterDone) { for (const seq of frames) ack(t.output, pick(t), own(t), seq); }
    });
    add("late", `${who}'s plan [${frames}] times out, it is still under way`, (t) => {
      pick(t).lateSwaps.push({ key, value: value(t) });
    });
  }
}

/** Every choice of a first few frames per shard. */
function prefixes(w: World, lane: Lane, session: SinkSession): number[][] {
  let choices: number[][] = [[]];
  for (const shard of lane.shards) {
    const held = session.held.filter((seq) => message(w.output, seq)!.shard === shard);
    choices = choices.flatMap((chosen) => [...held.keys(), held.length].map((n) => [...chosen, ...held.slice(0, n)]));
  }
  return choices.filter((chosen) => chosen.length > 0);
}
