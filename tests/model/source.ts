// Two sources. OTLP is a *once* origin: frames with a message id, in any number in flight, repeated by the client until they
// are acknowledged. The replayable source has offsets: an ingest session reads from the committed offset, cuts frames
// anywhere, sends them one at a time per partition, and commits what the sink has confirmed; a second session may start
// while the first goes on (a rebalance), and re-reads with other boundaries.

import { describe, inputConsumers, land, lateSteps } from "./edge.ts";
import type { Add, Configuration, Frame, SourceSession, World } from "./world.ts";

export function newSource(c: Configuration): World["source"] {
  const partitions = c.source.kind === "replayable" ? c.source.partitions.length : 0;
  const source: World["source"] = {
    unsent: c.source.kind === "otlp" ? c.source.frames.map((_, i) => i) : [],
    repeats: [],
    committed: new Array(partitions).fill(0),
    generation: 0,
    sessions: [],
  };
  return source;
}

export function sourceSteps(c: Configuration, w: World, add: Add): void {
  if (c.source.kind === "otlp") otlpSteps(c, c.source.frames, w, add);
  else replayableSteps(c, c.source.partitions, w, add);
  lateSteps(w, (t) => t.input, inputConsumers, "in", add);
}

/** All requests land before anything else happens. */
export function arrive(c: Configuration, w: World): void {
  if (c.source.kind !== "otlp") return;
  for (const i of w.source.unsent) sendRequest(c, w, i, c.source.frames[i]);
  w.source.unsent = [];
}

function sendRequest(c: Configuration, t: World, i: number, request: { shard: number; rows: readonly number[] }): void {
  const rows = request.rows.map((id, at) => ({ id, pos: at, out: "row" as const }));
  const frame: Frame = { origin: null, rows, prev: -1, wm: -1, committed: -1 };
  land(t.input, inputConsumers(t), request.shard, frame, c.rules.messageId ? `m${i}` : null);
}

function otlpSteps(
  c: Configuration,
  frames: readonly { shard: number; rows: readonly number[] }[],
  w: World,
  add: Add,
) {
  const send = (t: World, i: number) => sendRequest(c, t, i, frames[i]);
  for (const i of w.source.unsent) {
    add("live", `request ${i} [${frames[i].rows}] lands in in/${frames[i].shard}`, (t) => {
      t.source.unsent = t.source.unsent.filter((x) => x !== i);
      send(t, i);
    });
    add("lost", `request ${i} [${frames[i].rows}] lands in in/${frames[i].shard}, its acknowledgement is lost`, (t) => {
      t.source.unsent = t.source.unsent.filter((x) => x !== i);
      send(t, i);
      t.source.repeats.push(i);
    });
  }
  for (const i of w.source.repeats) {
    add("live", `the client repeats request ${i}`, (t) => {
      t.source.repeats = t.source.repeats.filter((x) => x !== i);
      send(t, i);
    });
  }
  // An operator re-creates the drained input stream: sequences start again, under a new incarnation.
  const drained = w.input.log.every((m) => m.acked) && w.source.repeats.length === 0 && w.input.last > 0;
  if (w.left.recreations > 0 && drained && w.source.unsent.length > 0) {
    add("optional", "the drained stream in is re-created", (t) => {
      t.left.recreations--;
      t.input = { incarnation: t.input.incarnation + 1, last: 0, ids: [], log: [], late: [] };
      for (const owner of [...t.stateless, ...t.stateful]) {
        owner.consumer = 0;
        owner.sessions.length = 0;
      }
    });
  }
}

function replayableSteps(c: Configuration, partitions: readonly (readonly number[])[], w: World, add: Add): void {
  const s = w.source;
  const current = s.sessions.find((x) => x.generation === s.generation);
  const start = (t: World) => {
    t.source.generation++;
    const committed = [...t.source.committed];
    t.source.sessions.push({
      generation: t.source.generation,
      read: [...committed],
      prev: committed.map((offset) => (c.rules.firstPrev === "committed - 1" ? offset - 1 : offset)),
      committed,
    });
  };
  if (!current) add("live", `ingest starts at ${s.committed}`, start);
  else add("takeover", `rebalance: another ingest starts at ${s.committed}, I${current.generation} goes on`, start);

  for (const session of s.sessions) {
    const name = `I${session.generation}`;
    const own = (t: World): SourceSession => t.source.sessions.find((x) => x.generation === session.generation)!;
    const gone = (t: World) => {
      t.source.sessions = t.source.sessions.filter((x) => x.generation !== session.generation);
    };
    const kind = session === current ? "live" : "optional";
    if (session === current) add("crash", `${name} crashes`, gone);
    partitions.forEach((rows, p) => {
      for (let end = session.read[p] + 1; end <= rows.length; end++) {
        const from = session.read[p];
        const frame: Frame = {
          origin: `p${p}`,
          rows: rows.slice(from, end).map((id, i) => ({ id, pos: from + i, out: "row" })),
          prev: session.prev[p],
          wm: end - 1,
          committed: session.committed[p],
        };
        const sent = (t: World) => {
          own(t).read[p] = end;
          own(t).prev[p] = end - 1;
        };
        add(kind, `${name} publishes ${describe(frame)}`, (t) => {
          land(t.input, inputConsumers(t), 0, frame, null);
          sent(t);
        });
        add("late", `${name}'s publish of ${describe(frame)} times out, it is still under way`, (t) => {
          t.input.late.push({ shard: 0, frame, id: null });
        });
        add("crash", `${name} crashes, its publish of ${describe(frame)} is still under way`, (t) => {
          t.input.late.push({ shard: 0, frame, id: null });
          gone(t);
        });
        add("lost", `${name} publishes ${describe(frame)}, the acknowledgement is lost`, (t) => {
          land(t.input, inputConsumers(t), 0, frame, null);
        });
      }
      if (session === current && confirmed(c, w, p) >= s.committed[p]) {
        add("live", `${name} commits ${confirmed(c, w, p) + 1} of p${p}`, (t) => {
          t.source.committed[p] = own(t).committed[p] = confirmed(c, t, p) + 1;
        });
      }
    });
  }
}

/** The watermark of this partition that is in ClickHouse. */
function confirmed(c: Configuration, w: World, partition: number): number {
  const sinkMark = (origin: string) =>
    Math.max(-1, ...w.lanes.flatMap((l) => Object.values(l.keys).map((k) => k.marks.pos[origin] ?? -1)));
  if (c.stage === "stateless") return sinkMark(`p${partition}`);
  // A stateful stage passes on what its outbox frames became.
  return Math.min(...w.stateful.map((owner) => {
    const all = sinkMark(owner.file.id) >= owner.file.next * 10 - 1;
    return all ? owner.file.marks.pos[`p${partition}`] ?? -1 : -1;
  }));
}
