// A stateful stage (deduplication): one transaction holds fingerprints, marks, the output frame's bytes (outbox) and ledger
// deltas. The state file fences itself: opening it writes the epoch, and every commit and outbox deletion of another epoch is
// refused. The outbox is published verbatim and in order, and deleted on acknowledgement; the input is acknowledged after the
// commit. Output origin = the file's id, position = the outbox sequence, prev = the one before.
//
// While a session's epoch is in the file, its memory equals the file; a session that was fenced keeps a copy (`memory`).

import { ack, advance, describe, land, marksFor, message, outputConsumers, recreate, trim, waiting } from "./edge.ts";
import { deliveryFaults, redelivery, takeoverSteps } from "./ownership.ts";
import { outcome } from "./stage_stateless.ts";
import type { Add, Configuration, Frame, Message, Row, StateFile, StatefulSession, World } from "./world.ts";
import { addTo, noLedger, noMarks } from "./world.ts";

export function newStateFile(c: Configuration, id: string): StateFile {
  const next = c.rules.firstOutboxPrev === "the missing mark" ? 0 : 1;
  return { id, epoch: 0, marks: noMarks(), keys: [], outbox: [], next, ledger: noLedger() };
}

/** Filter, then deduplication, then conversion (where a row may turn out dead). */
function transform(c: Configuration, file: StateFile, rows: readonly Row[]): Row[] {
  return rows.map((row, i) => {
    const pos = file.next * 10 + i;
    let out = outcome(c, row.id);
    const key = c.rows[row.id].key;
    if (out !== "filtered" && key !== undefined) {
      if (file.keys.includes(key)) out = "duplicate";
      else if (out === "row" || !c.rules.fingerprintOnlyEmitted) file.keys.push(key);
    }
    return { id: row.id, pos, out };
  });
}

/** The transaction's content, applied to the file (or to a fenced session's memory of it). */
function apply(c: Configuration, w: World, file: StateFile, m: Message, rows: readonly Row[]): void {
  advance(file.marks, w.input, m, c.rules.incarnation);
  if (rows.length === 0) return;
  const made = transform(c, file, rows);
  const frame: Frame = {
    origin: file.id,
    rows: made,
    prev: file.next * 10 - 1,
    wm: file.next * 10 + 9,
    committed: -1,
  };
  file.outbox.push({ seq: file.next++, frame });
  const count = (out: Row["out"]) => made.filter((row) => row.out === out).length;
  const delta = { ...noLedger(), accepted: rows.length, filtered: count("filtered"), deduplicated: count("duplicate") };
  addTo(file.ledger, delta);
}

export function statefulSteps(c: Configuration, w: World, add: Add): void {
  w.stateful.forEach((owner, at) => {
    const name = `D${w.stateful.length > 1 ? at : ""}`;
    const pick = (t: World) => t.stateful[at];
    const fileFirst = c.rules.openFile === "before the consumer";
    const begin = (t: World, epoch: number) => {
      pick(t).sessions.push({
        epoch,
        held: [],
        lostDelivery: 0,
        phase: fileFirst ? "opening" : "taking",
        memory: null,
      });
    };
    takeoverSteps(c, w, pick, (t) => t.input, name, begin, fileFirst ? "running" : "opening", add);

    for (const session of owner.sessions) {
      const who = `${name}${session.epoch}`;
      const kind = session.epoch === owner.epoch ? "live" : "optional";
      const own = (t: World) => pick(t).sessions.find((x) => x.epoch === session.epoch)!;
      const gone = (t: World) => {
        pick(t).sessions = pick(t).sessions.filter((x) => x.epoch !== session.epoch);
      };
      if (session.phase === "opening") {
        add(kind, `${who} opens the state file`, (t) => {
          const file = pick(t).file;
          if (file.epoch > session.epoch) return gone(t);
          for (const other of pick(t).sessions) {
            const opened = other.phase === "running" || (fileFirst && other.phase === "taking");
            if (opened && other.memory === null) other.memory = structuredClone(file);
          }
          file.epoch = session.epoch;
          own(t).phase = fileFirst ? "taking" : "running";
        });
      }
      if (session.phase !== "running") continue;
      const file = session.memory ?? owner.file;
      const fenced = c.rules.stateFence && owner.file.epoch !== session.epoch;
      outboxSteps(c, owner.file, file, fenced, session, who, kind, pick, own, gone, add);
      if (fenced) continue; // every commit of this session is refused
      const again = (t: World) => recreate(t.input, pick(t), own(t));
      deliveryFaults(c, w.input, owner, session, who, own, again, add);
      if (redelivery(c, w.input, owner, session, who, kind, own, again, add)) continue;
      const seq = session.held[0];
      if (seq === undefined) continue;
      const m = message(w.input, seq)!;
      const rows = trim(m.frame, marksFor(file.marks, w.input, m, c.rules.incarnation), seq, c.rules.gapCheck);
      if (rows === "gap") {
        if (owner.epoch !== session.epoch) continue; // a zombie stops
        const first = waiting(w.input, owner.shards)[0] === seq;
        add(kind, `${who} sees a gap before in#${seq} ${describe(m.frame)}`, (t) => {
          if (first) t.blocked = `stage ${who} is blocked by a gap that is none`;
          else again(t);
        });
        continue;
      }
      if (c.rules.ackInput === "before" && !m.acked && owner.consumer === session.epoch) {
        add(kind, `${who} acknowledges in#${seq} before it commits`, (t) => ack(t.input, pick(t), own(t), seq));
        continue;
      }
      const commit = (t: World) => {
        const mine = own(t);
        mine.held = mine.held.filter((x) => x !== seq);
        const message_ = message(t.input, seq)!;
        if (mine.memory === null) return apply(c, t, pick(t).file, message_, rows);
        // Without the fence: a zombie's transaction writes what the zombie believes.
        const shared = pick(t).file, known = mine.memory.outbox.length;
        apply(c, t, mine.memory, message_, rows);
        shared.marks = structuredClone(mine.memory.marks);
        shared.next = mine.memory.next;
        shared.keys = [...new Set([...shared.keys, ...mine.memory.keys])];
        for (const made of mine.memory.outbox.slice(known)) {
          shared.outbox = [...shared.outbox.filter((x) => x.seq !== made.seq), made];
        }
      };
      const what = `${who} commits in#${seq} [${rows.map((r) => r.id)}]`;
      add(kind, `${what}, then acknowledges it`, (t) => {
        commit(t);
        ack(t.input, pick(t), own(t), seq);
      });
      add("lost", `${what}, the acknowledgement is lost`, commit);
      add("crash", `${what}, then crashes`, (t) => {
        commit(t);
        gone(t);
      });
    }
  });
}

/** Publishing the head of the outbox; `file` is the session's view, `shared` the file itself. */
function outboxSteps(
  c: Configuration,
  shared: StateFile,
  file: StateFile,
  fenced: boolean,
  session: StatefulSession,
  who: string,
  kind: "live" | "optional",
  pick: (t: World) => World["stateful"][number],
  own: (t: World) => StatefulSession,
  gone: (t: World) => void,
  add: Add,
): void {
  if (file.outbox.length === 0) return;
  const { seq, frame } = file.outbox[0];
  const shard = (t: World) => pick(t).shards[0];
  const remove = (t: World) => {
    if (fenced) return gone(t);
    const mine = own(t);
    pick(t).file.outbox = pick(t).file.outbox.filter((x) => x.seq !== seq);
    if (mine.memory) mine.memory.outbox = mine.memory.outbox.filter((x) => x.seq !== seq);
  };
  const send = (t: World) => land(t.output, outputConsumers(t), shard(t), frame, null);
  const underWay = (t: World) => void t.output.late.push({ shard: shard(t), frame, id: null });
  const what = `${who} publishes outbox#${seq} ${describe(frame)}`;
  if (!c.rules.outbox) {
    add(kind, `${who} deletes outbox#${seq} and publishes it`, (t) => {
      remove(t);
      send(t);
    });
    add("refused", `${who} deletes outbox#${seq}, its publish is refused`, remove);
    return;
  }
  add(kind, `${what}, ${fenced ? "may not delete it and stops" : "deletes it"}`, (t) => {
    send(t);
    remove(t);
  });
  if (session.memory === null && shared.epoch === session.epoch) {
    add("lost", `${what}, the acknowledgement is lost`, send);
    add("late", `${who}'s publish of outbox#${seq} times out, it is still under way`, underWay);
    add("crash", `${who} crashes, its publish of outbox#${seq} is still under way`, (t) => {
      underWay(t);
      gone(t);
    });
  }
}
