// Every rule of the protocol that the model can drop. `theRules` is what the product does; a broken variant changes one
// line, and the checker must then find the violation that the rule is there to prevent.

export interface Rules {
  // sending into an edge
  /** OTLP frames carry a message id, so a retried request is dropped by the stream. */
  messageId: boolean;
  /** The first stage after an OTLP edge gives the frame an origin and a position. */
  rebase: boolean;
  /** An origin contains the incarnation of the stream its positions come from. */
  incarnation: boolean;
  /** `prev` of a session's first frame. */
  firstPrev: "committed - 1" | "committed";
  /** Publishes in flight per shard. */
  publishWindow: 1 | 2;

  // owning a shard
  /** A new owner deletes the consumers of lower epochs and makes its own; otherwise all owners share one consumer. */
  epochConsumers: boolean;
  /** The state file knows its epoch; commits and outbox deletions of another epoch are refused. */
  stateFence: boolean;

  /** Either order holds: the file is opened before the consumer is made, or after. */
  openFile: "before the consumer" | "after the consumer";

  // receiving a frame
  /** A hole in the consumer's sequence, or a redelivery, drops what is held and re-creates the consumer. */
  consumerSequence: boolean;
  /** An owner that cannot re-create its consumer, because a higher epoch exists, stops at the hole. */
  displacedStopsAtHole: boolean;
  /** Before a gap is believed the owner record is read again; a displaced owner stops. */
  gapByOwnerOnly: boolean;
  /** `committed` of a re-based frame. */
  committed: "of the session" | "of the frame";
  /** A frame whose `prev` lies behind the mark (and not below `committed`) is not handled. */
  gapCheck: boolean;
  /** Stateless: the input is acknowledged after the output is. Stateful: after the commit. */
  ackInput: "after" | "before";
  /** Stateful: the first outbox frame's `prev` is what a missing mark is read as. */
  firstOutboxPrev: "the missing mark" | "behind it";
  /** Stateful: a recovering owner publishes the outbox as it was committed. */
  outbox: boolean;
  /** A fingerprint is saved only for a row that is emitted. */
  fingerprintOnlyEmitted: boolean;

  // the sink
  /** Ownership, plan and marks in one key; otherwise a plan key per owner. */
  laneKey: "one" | "per owner";
  /** Marks are loaded after the open plan is finished. */
  marksAfterPlan: boolean;
  /** Frames are acknowledged after done. */
  ackAfterDone: boolean;
  /** The insert's token depends on nothing but the plan. */
  tokenFromPlan: boolean;
  /** A displaced owner makes no plan after it has read the key again. */
  displacedStops: boolean;
  /** After an insert with an unknown outcome: wait until it runs no more. */
  waitAfterUnknown: boolean;
  /** After a takeover: wait until no insert of an earlier owner runs. */
  waitOnTakeover: "never" | "open plan" | "always";
  /** What a sink owner whose lease may be over still sends. */
  displacedSends: "everything" | "no inserts" | "nothing";
  /** Children of a refused insert are written into the plan before they are inserted. */
  childrenInPlan: boolean;
  /** A child's success is written into the plan before the next child is inserted. */
  childDoneInPlan: boolean;
  /** A row that is bad alone is written into the plan before it is published as a dead letter. */
  deadInPlan: boolean;
  /** The ledger changes with the marks, in one compare-and-set. */
  ledgerInPlan: boolean;

  // dead letters
  /** The identity of a dead letter outlives its consumption. */
  identityOutlives: boolean;
}

export const theRules: Rules = {
  messageId: true,
  rebase: true,
  incarnation: true,
  firstPrev: "committed - 1",
  publishWindow: 1,
  epochConsumers: true,
  stateFence: true,
  openFile: "after the consumer",
  consumerSequence: true,
  displacedStopsAtHole: true,
  gapByOwnerOnly: true,
  committed: "of the session",
  gapCheck: true,
  ackInput: "after",
  firstOutboxPrev: "the missing mark",
  outbox: true,
  fingerprintOnlyEmitted: true,
  laneKey: "one",
  marksAfterPlan: true,
  ackAfterDone: true,
  tokenFromPlan: true,
  displacedStops: true,
  waitAfterUnknown: true,
  waitOnTakeover: "always",
  displacedSends: "nothing",
  childrenInPlan: true,
  childDoneInPlan: true,
  deadInPlan: true,
  ledgerInPlan: true,
  identityOutlives: true,
};
