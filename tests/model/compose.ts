// The stages composed: source -> edge "in" -> transform -> edge "out" -> sink -> table and dead letters, with the invariants
// over the whole: no row twice, none lost, the ledger closes, nothing blocks, no plan stays open.

import { newEdge } from "./edge.ts";
import type { Model } from "./engine.ts";
import { arrive, newSource, sourceSteps } from "./source.ts";
import { lateOutputs, statelessSteps } from "./stage_stateless.ts";
import { newStateFile, statefulSteps } from "./stage_stateful.ts";
import { newLane, recreationSteps, sinkSteps } from "./sink.ts";
import { tableSteps } from "./clickhouse.ts";
import { dlqSteps } from "./dlq.ts";
import type { Add, Configuration, World } from "./world.ts";
import { addTo, noLedger } from "./world.ts";

export function compose(c: Configuration): Model<World> {
  return {
    name: c.name,
    init() {
      const w = initial(c);
      if (c.arrived) arrive(c, w);
      return w;
    },
    steps(w, offer) {
      const add: Add = (kind, label, apply) => {
        const takeover = kind === "takeover" || kind === "lane takeover";
        const fault = !takeover && kind !== "live" && kind !== "optional";
        if (takeover && w.left.takeovers === 0 || fault && w.left.faults === 0) return;
        if ((takeover || fault) && c.only && !c.only.includes(kind)) return;
        offer(takeover || fault ? "fault" : kind, label, (t) => {
          if (takeover) t.left.takeovers--;
          if (fault) t.left.faults--;
          apply(t);
          normalise(t);
        });
      };
      sourceSteps(c, w, add);
      statelessSteps(c, w, add);
      statefulSteps(c, w, add);
      lateOutputs(w, add);
      sinkSteps(c, w, add);
      recreationSteps(w, add);
      tableSteps(c, w, add);
      dlqSteps(c, w, add);
    },
    violation: (w) => violation(c, w),
    unfinished: (w) => unfinished(c, w),
  };
}

function initial(c: Configuration): World {
  const shards = [...Array(c.shards).keys()];
  const owner = (shard: number) => ({ shards: [shard], epoch: 0, consumer: 0, sessions: [] });
  return {
    left: {
      faults: c.faults,
      takeovers: c.takeovers,
      consumptions: c.consumptions,
      recreations: c.recreations ?? 0,
      alter: c.alter ? 1 : 0,
    },
    source: newSource(c),
    input: newEdge(),
    stateless: c.stage === "stateless" ? shards.map(owner) : [],
    stateful: c.stage === "stateful" ? shards.map((s) => ({ ...owner(s), file: newStateFile(c, `file${s}`) })) : [],
    output: newEdge(),
    lanes: c.lanes.map(newLane),
    table: { rows: c.rows.map(() => 0), window: [], altered: false },
    dlq: { entries: {}, seen: c.rows.map(() => 0), late: [] },
    blocked: "",
  };
}

/** Forgets what nobody can see any more, and orders what has no order, so that equal states look equal. */
function normalise(w: World): void {
  const owners = [w.stateless, w.stateful].flat();
  const heldIn = new Set(owners.flatMap((o) => o.sessions.flatMap((s) => s.held)));
  w.input.log = w.input.log.filter((m) => !m.acked || heldIn.has(m.seq));
  const heldOut = new Set(
    w.lanes.flatMap((lane) => lane.sessions.flatMap((s) => [...s.held, ...s.job?.plan.frames ?? []])),
  );
  w.output.log = w.output.log.filter((m) => !m.acked || heldOut.has(m.seq));
  const order = <T>(list: T[]) => {
    if (list.length < 2) return list;
    const unique = new Map(list.map((x) => [JSON.stringify(x), x]));
    return [...unique.keys()].sort().map((k) => unique.get(k)!);
  };
  w.input.late = order(w.input.late);
  w.output.late = order(w.output.late);
  w.dlq.late = order(w.dlq.late);
  for (const lane of w.lanes) {
    lane.lateInserts = order(lane.lateInserts);
    lane.lateSwaps = order(lane.lateSwaps);
  }
}

function violation(c: Configuration, w: World): string | null {
  if (w.blocked) return w.blocked;
  for (let id = 0; id < c.rows.length; id++) {
    if (w.table.rows[id] > 1) return `row ${id} twice in the table`;
    if (w.dlq.seen[id] > 1) return `row ${id} twice in the dead letters`;
    if (w.table.rows[id] > 0 && w.dlq.seen[id] > 0) return `row ${id} in the table and in the dead letters`;
  }
  for (const lane of w.lanes) {
    for (const [name, { plan, marks }] of Object.entries(lane.keys)) {
      if (!plan) continue;
      const gone = plan.frames.some((seq) => !w.output.log.some((m) => m.seq === seq && !m.acked));
      if (gone) return "an open plan names frames that are gone";
      const differs = JSON.stringify(plan.start) !== JSON.stringify(marks);
      if (name === "lane" && c.rules.marksAfterPlan && differs) return "a plan does not start at the key's marks";
    }
  }
  return null;
}

function unfinished(c: Configuration, w: World): string | null {
  if (w.source.unsent.length > 0 || w.source.repeats.length > 0) return "requests are left";
  if (w.input.log.some((m) => !m.acked)) return "frames are left in the input edge";
  if (w.stateful.some((o) => o.file.outbox.length > 0)) return "the outbox is not empty";
  if (w.output.log.some((m) => !m.acked)) return "frames are left in the output edge";
  if (w.lanes.some((lane) => Object.values(lane.keys).some((k) => k.plan))) return "a plan is left open";
  if (c.source.kind === "replayable" && c.source.partitions.some((p, i) => w.source.committed[i] !== p.length)) {
    return "the source's offset is not committed";
  }

  const expected = { ...noLedger(), accepted: c.rows.length };
  const emitted = new Map<number, number>();
  for (let id = 0; id < c.rows.length; id++) {
    const { kind, key } = c.rows[id];
    const table = w.table.rows[id], dead = w.dlq.seen[id];
    if (table + dead > 0 && kind !== "filtered" && key !== undefined && kind !== "dead") {
      emitted.set(key, (emitted.get(key) ?? 0) + 1);
    }
    if (kind === "filtered" ? table + dead !== 0 : false) return `filtered row ${id} was emitted`;
    if ((kind === "dead" || kind === "bad" || kind === "plain") && table + dead === 0) {
      const deduplicates = c.stage === "stateful" && key !== undefined;
      if (!deduplicates) return `row ${id} is lost`;
      expected.deduplicated++;
    }
    if (kind === "filtered") expected.filtered++;
    expected.written += table;
    expected.deadLettered += dead;
  }
  if (c.stage === "stateful") {
    for (const { key, kind } of c.rows) {
      if (key !== undefined && kind === "plain" && emitted.get(key) !== 1) {
        return `key ${key} was emitted ${emitted.get(key) ?? 0} times`;
      }
    }
  }
  const ledger = noLedger();
  for (const lane of w.lanes) for (const key of Object.values(lane.keys)) addTo(ledger, key.ledger);
  if (JSON.stringify(ledger) !== JSON.stringify(expected)) {
    return `the ledger says ${JSON.stringify(ledger)}, the truth is ${JSON.stringify(expected)}`;
  }
  const staged = noLedger();
  for (const owner of w.stateful) addTo(staged, owner.file.ledger);
  if (
    c.stage === "stateful" && (staged.accepted !== expected.accepted || staged.deduplicated !== expected.deduplicated)
  ) {
    return `the stage's ledger says ${JSON.stringify(staged)}, the truth is ${JSON.stringify(expected)}`;
  }
  return null;
}
