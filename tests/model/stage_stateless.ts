// A stateless stage keeps nothing: one input frame becomes one output frame (perhaps without rows), in order, one publish in
// flight per shard; the input is acknowledged after its output. It is the first stage after an OTLP edge, so it re-bases:
// origin = (input stream incarnation, shard), positions = the input sequence. Filtered and dead rows travel in the frame.

import { ack, describe, land, lateSteps, message, outputConsumers, recreate } from "./edge.ts";
import { deliveryFaults, redelivery, takeoverSteps } from "./ownership.ts";
import type { Add, Configuration, Frame, Message, Outcome, StatelessSession, World } from "./world.ts";

/** What the transform makes of a row. */
export function outcome(c: Configuration, id: number): Outcome {
  const kind = c.rows[id].kind;
  return kind === "filtered" ? "filtered" : kind === "dead" ? "dead" : "row";
}

function outputOf(c: Configuration, w: World, m: Message, session: StatelessSession): Frame {
  const rows = m.frame.rows.map((row, i) => ({
    ...row,
    out: outcome(c, row.id),
    pos: m.frame.origin === null ? m.seq * 10 + i : row.pos,
  }));
  if (m.frame.origin !== null) return { ...m.frame, rows };
  if (!c.rules.rebase) return { origin: null, rows, prev: -1, wm: -1, committed: -1 };
  const first = session.committed < 0;
  const committed = first ? m.seq * 10 : session.committed;
  const firstPrev = c.rules.firstPrev === "committed - 1" ? committed - 1 : committed;
  return {
    origin: `in${c.rules.incarnation ? w.input.incarnation : ""}/${m.shard}`,
    rows,
    prev: first ? firstPrev : session.prev,
    wm: m.seq * 10 + 9,
    committed: c.rules.committed === "of the session" ? committed : m.seq * 10,
  };
}

export function statelessSteps(c: Configuration, w: World, add: Add): void {
  w.stateless.forEach((owner, at) => {
    const name = `T${w.stateless.length > 1 ? at : ""}`;
    const pick = (t: World) => t.stateless[at];
    const begin = (t: World, epoch: number) => {
      pick(t).sessions.push({ epoch, held: [], lostDelivery: 0, phase: "taking", committed: -1, prev: -1 });
    };
    takeoverSteps(c, w, pick, (t) => t.input, name, begin, "running", add);

    for (const session of owner.sessions) {
      if (session.phase !== "running") continue;
      const who = `${name}${session.epoch}`;
      const kind = session.epoch === owner.epoch ? "live" : "optional";
      const own = (t: World) => pick(t).sessions.find((x) => x.epoch === session.epoch)!;
      const gone = (t: World) => {
        pick(t).sessions = pick(t).sessions.filter((x) => x.epoch !== session.epoch);
      };
      /** The consumer is re-created: a new session of publishing begins. */
      const again = (t: World) => {
        recreate(t.input, pick(t), own(t));
        own(t).committed = own(t).prev = -1;
      };
      deliveryFaults(c, w.input, owner, session, who, own, again, add);
      if (redelivery(c, w.input, owner, session, who, kind, own, again, add)) continue;

      const publish = (
        seq: number,
        suffix: string,
        kind: Parameters<Add>[0],
        after: (t: World, s: StatelessSession) => void,
      ) => {
        const m = message(w.input, seq)!;
        const frame = outputOf(c, w, m, session);
        add(kind, `${who} publishes in#${seq} as ${describe(frame)}${suffix}`, (t) => {
          land(t.output, outputConsumers(t), m.shard, frame, null);
          after(t, own(t));
        });
        return { m, frame };
      };
      const sent = (seq: number, frame: Frame) => (s: StatelessSession) => {
        s.held = s.held.filter((x) => x !== seq);
        s.committed = frame.committed;
        s.prev = frame.wm;
      };
      const seq = session.held[0];
      if (seq === undefined) continue;
      const frame = outputOf(c, w, message(w.input, seq)!, session);
      const shard = message(w.input, seq)!.shard;
      const done = sent(seq, frame);
      if (c.rules.ackInput === "before" && !message(w.input, seq)!.acked && owner.consumer === session.epoch) {
        add(kind, `${who} acknowledges in#${seq} before it publishes`, (t) => ack(t.input, pick(t), own(t), seq));
        continue;
      }
      publish(seq, ", then acknowledges", kind, (t, s) => {
        ack(t.input, pick(t), s, seq);
        done(s);
      });
      publish(seq, ", the input's acknowledgement is lost", "lost", (_, s) => done(s));
      publish(seq, ", the output's acknowledgement is lost", "lost", () => {});
      add("late", `${who}'s publish of in#${seq} times out, it is still under way`, (t) => {
        t.output.late.push({ shard, frame, id: null });
      });
      add("crash", `${who} crashes, its publish of in#${seq} is still under way`, (t) => {
        t.output.late.push({ shard, frame, id: null });
        gone(t);
      });
      if (c.rules.publishWindow === 2 && session.held.length > 1) {
        const second = session.held[1];
        const next = message(w.input, second)!;
        const after = outputOf(c, w, next, { ...session, committed: frame.committed, prev: frame.wm });
        add(
          "refused",
          `${who} has in#${seq} and in#${second} in flight: in#${seq} is refused, in#${second} lands`,
          (t) => {
            land(t.output, outputConsumers(t), next.shard, after, null);
            ack(t.input, pick(t), own(t), second);
            own(t).held = own(t).held.filter((x) => x !== second);
          },
        );
      }
    }
  });
}

/** Publishes on the output edge that are still under way, of either kind of stage. */
export function lateOutputs(w: World, add: Add): void {
  lateSteps(w, (t) => t.output, outputConsumers, "out", add);
}
