// What is explored. `holds`: configurations in which every invariant must hold; the small ones run in the test, `deep` ones in
// CI with a few minutes. `broken`: one rule dropped each, and the violation that must then be found.

import type { Rules } from "./rules.ts";
import { theRules } from "./rules.ts";
import type { Configuration, RowSpec } from "./world.ts";

const plain: RowSpec = { kind: "plain" }, filtered: RowSpec = { kind: "filtered" };
const dead: RowSpec = { kind: "dead" }, bad: RowSpec = { kind: "bad" };
const keyed = (key: number): RowSpec => ({ kind: "plain", key });
const deadKeyed = (key: number): RowSpec => ({ kind: "dead", key });

/** Two requests on one shard, a stateless transform, one lane; one fault and one takeover anywhere. */
const base: Configuration = {
  name: "",
  rules: theRules,
  rows: [plain, plain],
  source: { kind: "otlp", frames: [{ shard: 0, rows: [0] }, { shard: 0, rows: [1] }] },
  stage: "stateless",
  shards: 1,
  lanes: [[0]],
  window: 1,
  faults: 1,
  takeovers: 1,
  consumptions: 0,
  arrived: true,
};
/** Tokens alone must do: nobody waits, and displaced sink owners go on sending; the table forgets no token. */
const tokensAlone = {
  window: 99,
  rules: { ...theRules, displacedSends: "everything", waitAfterUnknown: false, waitOnTakeover: "never" } as Rules,
};
const one = { kind: "otlp", frames: [{ shard: 0, rows: [0] }] } as const;
const two = { kind: "otlp", frames: [{ shard: 0, rows: [0, 1] }, { shard: 0, rows: [2] }] } as const;
const oneOf2 = { kind: "otlp", frames: [{ shard: 0, rows: [0, 1] }] } as const;
const oneOf3 = { kind: "otlp", frames: [{ shard: 0, rows: [0, 1, 2] }] } as const;
const shards2 = { kind: "otlp", frames: [{ shard: 0, rows: [0] }, { shard: 1, rows: [1] }] } as const;
/** A displaced sink owner that reads its open plan again may still write done, but sends no insert. */
const displacedDone = { rules: { ...theRules, displacedSends: "no inserts" } as Rules };
const waitForOpenPlan = { rules: { ...theRules, waitOnTakeover: "open plan" } as Rules };
const stateful: Partial<Configuration> = { stage: "stateful", rows: [keyed(0), keyed(1)] };
const single: Partial<Configuration> = { rows: [plain], source: one };
const bisect: Partial<Configuration> = { rows: [bad, plain, plain], source: oneOf3 };
const deadThenGood = [deadKeyed(0), filtered, keyed(0)];

export const holds: readonly Configuration[] = [
  { ...base, name: "stateless", arrived: false },
  { ...base, name: "stateless-tokens", ...tokensAlone },
  { ...base, name: "stateless-dead", rows: [plain, dead, filtered], source: two, consumptions: 1 },
  { ...base, name: "stateless-2-faults", rows: [plain, dead], source: oneOf2, consumptions: 1, faults: 2 },
  { ...base, name: "stateful", stage: "stateful", rows: [keyed(0), keyed(0)] },
  { ...base, name: "stateful-dead", stage: "stateful", rows: deadThenGood, source: two, consumptions: 1 },
  {
    ...base,
    name: "stateful-file-first",
    stage: "stateful",
    rows: [keyed(0), keyed(0)],
    rules: { ...theRules, openFile: "before the consumer" },
  },
  { ...base, name: "stateful-tokens", stage: "stateful", rows: [keyed(0), keyed(0)], ...tokensAlone },
  { ...base, name: "bisect-2-faults", ...bisect, consumptions: 1, faults: 2 },
  { ...base, name: "bisect-tokens", ...bisect, consumptions: 1, ...tokensAlone },
  { ...base, name: "bisect-altered", ...bisect, alter: true, takeovers: 2 },
  { ...base, name: "bisect-displaced-done", ...bisect, ...displacedDone },
  { ...base, name: "displaced-done", ...displacedDone },
  { ...base, name: "wait-for-open-plan", ...waitForOpenPlan },
  { ...base, name: "recreated", recreations: 1, arrived: false },
  // The gap check is a second line: without it nothing is lost while the other rules hold. With it, what breaks them stops loudly.
  { ...base, name: "no-gap-check", rules: { ...theRules, gapCheck: false } },
  { ...base, name: "two-shards-one-lane", source: shards2, shards: 2, lanes: [[0, 1]] },
  { ...base, name: "replayable", source: { kind: "replayable", partitions: [[0, 1]] }, faults: 0 },
  {
    ...base,
    name: "two-origins",
    source: { kind: "replayable", partitions: [[0], [1]] },
    only: ["late", "lost"],
    takeovers: 0,
  },
];

export const deep: readonly Configuration[] = [
  { ...base, name: "deep-stateless-2-faults", faults: 2 },
  { ...base, name: "deep-stateless-2-takeovers", takeovers: 2 },
  { ...base, name: "deep-stateless-3-faults", rows: [plain, dead], source: oneOf2, faults: 3, consumptions: 1 },
  { ...base, name: "deep-stateful-2-faults", stage: "stateful", rows: [keyed(0), keyed(0)], faults: 2 },
  { ...base, name: "deep-stateful-2-takeovers", stage: "stateful", rows: [keyed(0), keyed(0)], takeovers: 2 },
  { ...base, name: "deep-tokens", faults: 2, takeovers: 2, ...single, ...tokensAlone },
  { ...base, name: "deep-displaced-done", faults: 2, takeovers: 2, ...single, ...displacedDone },
  { ...base, name: "deep-wait-for-open-plan", takeovers: 2, faults: 2, ...single, ...waitForOpenPlan },
  { ...base, name: "deep-bisect", ...bisect, faults: 2, takeovers: 1, consumptions: 1, alter: true },
  { ...base, name: "deep-recreated", recreations: 2, arrived: false, stage: "stateful", rows: [keyed(0), keyed(0)] },
  { ...base, name: "deep-two-lanes", source: shards2, shards: 2, lanes: [[0], [1]], window: 2 },
  { ...base, name: "deep-replayable", source: { kind: "replayable", partitions: [[0, 1]] } },
  { ...base, name: "deep-two-origins", source: { kind: "replayable", partitions: [[0], [1]] } },
  {
    ...base,
    name: "deep-replayable-stateful",
    stage: "stateful",
    rows: [keyed(0), keyed(0)],
    source: { kind: "replayable", partitions: [[0, 1]] },
  },
];

export interface Broken {
  readonly rule: string;
  readonly configuration: Configuration;
  readonly finds: RegExp;
}

function drop(rule: string, change: Partial<Rules>, from: Partial<Configuration>, finds: RegExp): Broken {
  const configuration = { ...base, ...from, name: `without: ${rule}` };
  return { rule, configuration: { ...configuration, rules: { ...(from.rules ?? theRules), ...change } }, finds };
}

const noTakeover = { takeovers: 0 }, noFault = { faults: 0 }, calm = { faults: 0, takeovers: 0 };
const twice = /twice in the table/, lost = /lost|emitted 0 times/, blocked = /blocked/;

export const broken: readonly Broken[] = [
  // sending
  drop("message ids on OTLP frames", { messageId: false }, { ...single, arrived: false, ...noTakeover }, twice),
  drop("re-basing once frames at the first stage", { rebase: false }, { ...single, ...noTakeover }, twice),
  drop(
    "the stream's incarnation in the origin",
    { incarnation: false },
    { recreations: 1, arrived: false, ...calm },
    lost,
  ),
  drop("prev of a first frame = committed - 1", { firstPrev: "committed" }, { ...single, ...calm }, blocked),
  drop("one publish in flight", { publishWindow: 2 }, noTakeover, blocked),
  drop("one publish in flight, nor gaps checked", { publishWindow: 2, gapCheck: false }, noTakeover, lost),
  // owning
  drop("epoch consumers", { epochConsumers: false }, { ...noFault, arrived: false }, lost),
  drop("the state file's fence", { stateFence: false }, { ...stateful, ...noFault }, /blocked|ledger|twice|lost/),
  // receiving
  drop("contiguous consumer sequences", { consumerSequence: false }, noTakeover, lost),
  drop(
    "consumer sequences and gap check",
    { consumerSequence: false, gapCheck: false },
    { ...stateful, ...noTakeover },
    lost,
  ),
  drop("a displaced owner stops at a hole", { displacedStopsAtHole: false }, {}, lost),
  drop("a gap is believed by the owner only", { gapByOwnerOnly: false }, tokensAlone, blocked),
  drop(
    "committed of the session, with two publishes in flight",
    { committed: "of the frame", publishWindow: 2 },
    noTakeover,
    lost,
  ),
  drop("stateless: input acknowledged after the output", { ackInput: "before" }, { ...single, ...noTakeover }, lost),
  drop("stateful: input acknowledged after the commit", { ackInput: "before" }, { ...stateful, ...noTakeover }, lost),
  drop(
    "a first outbox frame that follows the missing mark",
    { firstOutboxPrev: "behind it" },
    { ...stateful, ...calm },
    blocked,
  ),
  drop("the outbox kept until acknowledged", { outbox: false }, { ...stateful, ...noTakeover }, blocked),
  drop("fingerprints of emitted rows only", { fingerprintOnlyEmitted: false }, {
    stage: "stateful",
    rows: [deadKeyed(0), keyed(0)],
    ...calm,
  }, lost),
  // the sink
  drop("one key per lane", { laneKey: "per owner" }, { ...tokensAlone, ...noFault }, /twice in the table|gone/),
  drop("marks loaded after the plan is finished", { marksAfterPlan: false }, tokensAlone, twice),
  drop("acknowledgements after done", { ackAfterDone: false }, { ...single, ...noTakeover }, /gone/),
  drop("a token that depends on the plan alone", { tokenFromPlan: false }, { ...single, ...noTakeover }, twice),
  drop("a displaced owner makes no plan", { displacedStops: false }, tokensAlone, /blocked|twice|lost/),
  drop("waiting after an unknown outcome", { waitAfterUnknown: false }, noTakeover, twice),
  drop("waiting on takeover", { waitOnTakeover: "never" }, {}, twice),
  drop(
    "waiting on every takeover, when displaced owners write done",
    {
      waitOnTakeover: "open plan",
      displacedSends: "no inserts",
    },
    { faults: 0, takeovers: 2, only: ["lane takeover"] },
    twice,
  ),
  drop("a displaced owner sends no insert", { displacedSends: "everything" }, {}, twice),
  drop("a displaced owner sends no insert, with a table altered meanwhile", {}, {
    ...bisect,
    ...tokensAlone,
    alter: true,
    faults: 0,
  }, /twice in the table/),
  drop(
    "a window for every writer of the table",
    {},
    { source: shards2, shards: 2, lanes: [[0], [1]], takeovers: 0 },
    twice,
  ),
  drop(
    "children of a refused insert in the plan",
    { childrenInPlan: false, childDoneInPlan: false, deadInPlan: false },
    {
      ...bisect,
      window: 99,
    },
    twice,
  ),
  drop("a child's success in the plan", { childDoneInPlan: false }, { ...bisect, takeovers: 0 }, twice),
  drop(
    "a bad row in the plan before its dead letter",
    { deadInPlan: false },
    { ...bisect, alter: true },
    /and in the dead/,
  ),
  drop("the ledger in the plan", { ledgerInPlan: false }, { ...single, ...noTakeover }, /ledger/),
  // dead letters
  drop("an identity that outlives consumption", { identityOutlives: false }, {
    rows: [dead],
    source: one,
    consumptions: 1,
    ...noTakeover,
  }, /twice in the dead letters/),
];
