// An edge is one work-queue stream: messages in order, removed when acknowledged; per owner one consumer that delivers.
//
// Delivery is eager: what is in the stream is already held by the consumer's owner. An owner may handle any prefix of what
// it holds and a zombie may stop anywhere, so this loses no behaviour. A publish and its acknowledgement are one step for
// the same reason (only the moment of landing matters); a publish that timed out or whose sender crashed waits in `late`.

import type { Add, Edge, Frame, Marks, Message, Ownership, Session, World } from "./world.ts";

export const newEdge = (): Edge => ({ incarnation: 1, last: 0, ids: [], log: [], late: [] });

/** The shard's owners that consume this edge. */
export type Consumers = readonly Ownership<Session>[];

export const inputConsumers = (w: World): Consumers => w.stateful.length > 0 ? w.stateful : w.stateless;
export const outputConsumers = (w: World): Consumers => w.lanes;

/** The message reaches the stream; a message id inside the duplicate window is dropped. */
export function land(edge: Edge, consumers: Consumers, shard: number, frame: Frame, id: string | null): void {
  if (id !== null && edge.ids.includes(id)) return;
  if (id !== null) edge.ids.push(id);
  const seq = ++edge.last;
  edge.log.push({ seq, shard, frame, acked: false });
  for (const owner of consumers) {
    if (!owner.shards.includes(shard)) continue;
    for (const session of owner.sessions) {
      if (owner.consumer !== 0 && owner.consumer === session.epoch) session.held.push(seq);
    }
  }
}

export function message(edge: Edge, seq: number): Message | undefined {
  return edge.log.find((m) => m.seq === seq);
}

/** An acknowledgement counts only on the consumer of its epoch. */
export function ack<S extends Session>(edge: Edge, owner: Ownership<S>, session: S, seq: number): void {
  const found = message(edge, seq);
  if (found && owner.consumer === session.epoch) found.acked = true;
}

export const waiting = (edge: Edge, shards: readonly number[]): number[] =>
  edge.log.filter((m) => !m.acked && shards.includes(m.shard)).map((m) => m.seq);

/** The session makes its consumer anew: delivery starts again at the first message that is not acknowledged. */
export function recreate<S extends Session>(edge: Edge, owner: Ownership<S>, session: S): void {
  owner.consumer = session.epoch;
  session.lostDelivery = 0;
  session.held = waiting(edge, owner.shards);
}

/** What only this session's consumer can hand out again: delivered, not acknowledged, not held. */
export function redeliverable<S extends Session>(edge: Edge, owner: Ownership<S>, session: S): number[] {
  if (owner.consumer !== session.epoch) return [];
  return waiting(edge, owner.shards).filter((seq) => !session.held.includes(seq));
}

/** Late publishes land at any time, or never. */
export function lateSteps(
  w: World,
  pick: (w: World) => Edge,
  consumers: (w: World) => Consumers,
  name: string,
  add: Add,
) {
  pick(w).late.forEach((late, i) => {
    add("optional", `late publish of ${describe(late.frame)} lands in ${name}`, (t) => {
      pick(t).late.splice(i, 1);
      land(pick(t), consumers(t), late.shard, late.frame, late.id);
    });
  });
}

export function describe(frame: Frame): string {
  const rows = frame.rows.map((r) => (r.out === "row" ? `${r.id}` : `${r.id}:${r.out}`)).join(",");
  return frame.origin === null ? `[${rows}]` : `[${rows}] of ${frame.origin} prev ${frame.prev} wm ${frame.wm}` +
    (frame.committed < 0 ? "" : ` committed ${frame.committed}`);
}

/** What is left of a frame behind the marks: its rows, or a gap. Receiving rules 2 and 4. */
export function trim(
  frame: Frame,
  mark: { seq: number; pos: number },
  seq: number,
  gapCheck: boolean,
): "gap" | Frame["rows"] {
  if (seq <= mark.seq) return [];
  if (frame.origin === null) return frame.rows;
  if (gapCheck && frame.prev > mark.pos && frame.prev >= frame.committed) return "gap";
  return frame.rows.filter((row) => row.pos > mark.pos);
}

export const seqKey = (edge: Edge, shard: number, withIncarnation: boolean): string =>
  `${withIncarnation ? edge.incarnation : "-"}/${shard}`;

/** The marks that concern this message. */
export function marksFor(marks: Marks, edge: Edge, m: Message, withIncarnation: boolean): { seq: number; pos: number } {
  return {
    seq: marks.seq[seqKey(edge, m.shard, withIncarnation)] ?? 0,
    pos: m.frame.origin === null ? -1 : marks.pos[m.frame.origin] ?? -1,
  };
}

/** Both marks move over a handled message. */
export function advance(marks: Marks, edge: Edge, m: Message, withIncarnation: boolean): void {
  const key = seqKey(edge, m.shard, withIncarnation);
  marks.seq[key] = Math.max(marks.seq[key] ?? 0, m.seq);
  if (m.frame.origin !== null) marks.pos[m.frame.origin] = Math.max(marks.pos[m.frame.origin] ?? -1, m.frame.wm);
}
