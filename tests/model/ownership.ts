// Taking a shard over, for stages: compare-and-set the owner record to a new epoch, delete the consumers of lower epochs
// (abort when a higher one exists), create one's own, pull. And what a consumer does to its owner: a delivery may be lost,
// and comes again; with contiguous consumer sequences either makes the owner drop what it holds and start anew.
//
// Deleting and creating are one step unless another session is taking the shard too: nobody else can tell the difference.

import { message, recreate, redeliverable } from "./edge.ts";
import type { Add, Configuration, Edge, Ownership, Session, World } from "./world.ts";

export function takeoverSteps<S extends Session & { phase: string }>(
  c: Configuration,
  w: World,
  pick: (t: World) => Ownership<S>,
  edge: (t: World) => Edge,
  name: string,
  begin: (t: World, epoch: number) => void,
  phaseAfter: S["phase"],
  add: Add,
): void {
  const owner = pick(w);
  const current = owner.sessions.find((s) => s.epoch === owner.epoch);
  const claim = (t: World) => begin(t, ++pick(t).epoch);
  if (!current) add("live", `${name}${owner.epoch + 1} takes the shard`, claim);
  else {
    add("takeover", `${name}${owner.epoch + 1} takes the shard, ${name}${owner.epoch} goes on`, claim);
    add("crash", `${name}${current.epoch} crashes`, (t) => {
      pick(t).sessions = pick(t).sessions.filter((s) => s.epoch !== current.epoch);
    });
  }
  for (const session of owner.sessions) {
    if (session.phase !== "taking") continue;
    const own = (t: World) => pick(t).sessions.find((s) => s.epoch === session.epoch)!;
    const kind = session === current ? "live" : "optional";
    if (!c.rules.epochConsumers) {
      add(kind, `${name}${session.epoch} joins the shared consumer`, (t) => {
        // What an earlier owner was given is not delivered again before it is acknowledged or its wait is over.
        const given = new Set(pick(t).sessions.flatMap((s) => s.held));
        recreate(edge(t), pick(t), own(t));
        if (owner.consumer !== 0) own(t).held = own(t).held.filter((seq) => !given.has(seq));
        if (owner.consumer > session.epoch) pick(t).consumer = owner.consumer;
        own(t).phase = phaseAfter;
      });
      continue;
    }
    if (owner.consumer > session.epoch) {
      add("optional", `${name}${session.epoch} finds a consumer of a higher epoch and stops`, (t) => {
        pick(t).sessions = pick(t).sessions.filter((s) => s.epoch !== session.epoch);
      });
      continue;
    }
    const create = (t: World) => {
      recreate(edge(t), pick(t), own(t));
      own(t).phase = phaseAfter;
    };
    const alone = owner.sessions.every((s) => s === session || s.phase !== "taking");
    if (owner.consumer !== 0 && !alone) {
      add(kind, `${name}${session.epoch} deletes the consumer of epoch ${owner.consumer}`, (t) => {
        pick(t).consumer = 0;
      });
    } else add(kind, `${name}${session.epoch} creates its consumer`, create);
  }
}

/** A delivered message is lost on the way to its owner, or its owner is so slow that it is delivered again. */
export function deliveryFaults<S extends Session>(
  c: Configuration,
  edge: Edge,
  owner: Ownership<S>,
  session: S,
  who: string,
  own: (t: World) => S,
  again: (t: World) => void,
  add: Add,
): void {
  if (owner.consumer !== session.epoch || session.lostDelivery !== 0 || session.held.length === 0) return;
  const seq = session.held[0];
  if (message(edge, seq)!.acked) return;
  add("delivery", `the delivery of #${seq} to ${who} is lost`, (t) => {
    own(t).held = own(t).held.filter((x) => x !== seq);
    own(t).lostDelivery = seq;
  });
  if (c.rules.consumerSequence) {
    add("delivery", `#${seq} is delivered to ${who} twice, it re-creates its consumer`, again);
  }
}

/**
 * Redelivery after the ack wait, and the hole that a lost delivery leaves. Returns whether the rule forbids to go on first.
 */
export function redelivery<S extends Session>(
  c: Configuration,
  edge: Edge,
  owner: Ownership<S>,
  session: S,
  who: string,
  kind: "live" | "optional",
  own: (t: World) => S,
  again: (t: World) => void,
  add: Add,
): boolean {
  const hole = session.lostDelivery !== 0 && session.held.length > 0;
  if (c.rules.consumerSequence && c.rules.displacedStopsAtHole && hole && owner.consumer !== session.epoch) return true;
  const back = redeliverable(edge, owner, session);
  if (back.length === 0) return false;
  if (c.rules.consumerSequence) {
    add(kind, `${who} sees a ${hole ? "hole" : `redelivery of #${back[0]}`} and re-creates its consumer`, again);
    return hole;
  }
  add(kind, `#${back[0]} is redelivered to ${who}`, (t) => {
    own(t).held.push(back[0]);
    if (own(t).lostDelivery === back[0]) own(t).lostDelivery = 0;
  });
  return false;
}
