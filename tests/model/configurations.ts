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
};
/** Tokens alone must do: nobody waits, and displaced sink owners go on sending; the table forgets no token. */
const tokensAlone = {
  window: 99,
  rules: { ...theRules, displacedSends: "everything", waitAfterUnknown: false, waitOnTakeover: "never" } as Rules,
};
const one = { kind: "otlp", frames: [{ shard: 0, rows: [0] }] } as const;
const two = { kind: "otlp", frames: [{ shard: 0, rows: [0, 1] }, { shard: 0, rows: [2] }] } as const;
const oneOf3 = { kind: "otlp", frames: [{ shard: 0, rows: [0, 1, 2] }] } as const;
const shards2 = { kind: "otlp", frames: [{ shard: 0, rows: [0] }, { shard: 1, rows: [1] }] } as const;

export const holds: readonly Configuration[] = [
  { ...base, name: "stateless" },
  { ...base, name: "stateless-tokens", ...tokensAlone },
  { ...base, name: "stateless-dead", rows: [plain, dead, filtered], source: two, consumptions: 1 },
  {
    ...base,
    name: "stateless-dead-tokens",
    rows: [plain, dead],
    source: { kind: "otlp", frames: [{ shard: 0, rows: [0, 1] }] },
    consumptions: 1,
    faults: 2,
    ...tokensAlone,
  },
  { ...base, name: "stateful", stage: "stateful", rows: [keyed(0), keyed(0)] },
  {
    ...base,
    name: "stateful-dead",
    stage: "stateful",
    rows: [deadKeyed(0), filtered, keyed(0)],
    source: two,
    consumptions: 1,
  },
  { ...base, name: "stateful-tokens", stage: "stateful", rows: [keyed(0), keyed(0)], ...tokensAlone },
  { ...base, name: "bisect", rows: [plain, bad, plain], source: oneOf3, consumptions: 1 },
  { ...base, name: "bisect-tokens", rows: [plain, bad, plain], source: oneOf3, consumptions: 1, ...tokensAlone },
  { ...base, name: "bisect-altered", rows: [plain, bad, plain], source: oneOf3, alter: true },
  { ...base, name: "recreated", recreations: 1 },
  { ...base, name: "two-shards-one-lane", source: shards2, shards: 2, lanes: [[0, 1]] },
  { ...base, name: "replayable", source: { kind: "replayable", partitions: [[0, 1]] } },
];

export const deep: readonly Configuration[] = [
  { ...base, name: "deep-stateless-2-faults", faults: 2, takeovers: 1 },
  { ...base, name: "deep-stateless-2-takeovers", faults: 1, takeovers: 2 },
  { ...base, name: "deep-stateful-2-takeovers", stage: "stateful", rows: [keyed(0), keyed(0)], takeovers: 2 },
  { ...base, name: "deep-stateful-2-faults", stage: "stateful", rows: [keyed(0), keyed(0)], faults: 2 },
  {
    ...base,
    name: "deep-bisect-2-faults",
    rows: [plain, bad, plain],
    source: oneOf3,
    faults: 2,
    consumptions: 1,
    alter: true,
  },
  { ...base, name: "deep-two-lanes", source: shards2, shards: 2, lanes: [[0], [1]], window: 99 },
  {
    ...base,
    name: "deep-two-origins",
    source: { kind: "replayable", partitions: [[0, 1], [2]] },
    rows: [plain, plain, plain],
  },
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

const stateful: Partial<Configuration> = { stage: "stateful", rows: [keyed(0), keyed(1)] };
const single: Partial<Configuration> = { rows: [plain], source: one };
const bisect: Partial<Configuration> = { rows: [plain, bad, plain], source: oneOf3 };

export const broken: readonly Broken[] = [
  drop("message ids on OTLP frames", { messageId: false }, { ...single, takeovers: 0 }, /twice in the table/),
  drop(
    "re-basing once frames at the first stage",
    { rebase: false },
    { ...single, takeovers: 0 },
    /twice in the table/,
  ),
  drop(
    "the stream's incarnation in the origin",
    { incarnation: false },
    { recreations: 1, faults: 0, takeovers: 0 },
    /lost|ledger/,
  ),
  drop(
    "prev of a first frame = committed - 1",
    { firstPrev: "committed" },
    { ...single, faults: 0, takeovers: 0 },
    /blocked/,
  ),
  drop("one publish in flight", { publishWindow: 2 }, { takeovers: 0 }, /blocked/),
  drop("one publish in flight, nor gaps checked", { publishWindow: 2, gapCheck: false }, { takeovers: 0 }, /lost/),
  drop("epoch consumers", { epochConsumers: false }, { faults: 0 }, /lost/),
  drop("the state file's fence", { stateFence: false }, { ...stateful, faults: 0 }, /./),
  drop("contiguous consumer sequences", { consumerSequence: false }, { takeovers: 0 }, /lost/),
  drop("contiguous consumer sequences, nor gaps checked", { consumerSequence: false, gapCheck: false }, {
    ...stateful,
    takeovers: 0,
  }, /lost/),
  drop("stateless: input acknowledged after the output", { ackInput: "before" }, { ...single, takeovers: 0 }, /lost/),
  drop(
    "stateful: input acknowledged after the commit",
    { ackInput: "before" },
    { ...stateful, takeovers: 0 },
    /emitted 0 times|lost/,
  ),
  drop(
    "the outbox kept until acknowledged",
    { outbox: false },
    { ...stateful, takeovers: 0 },
    /blocked|emitted 0|lost/,
  ),
  drop("fingerprints of emitted rows only", { fingerprintOnlyEmitted: false }, {
    stage: "stateful",
    rows: [deadKeyed(0), keyed(0)],
    faults: 0,
    takeovers: 0,
  }, /emitted 0 times/),
  drop("one key per lane", { laneKey: "per owner" }, { ...tokensAlone, faults: 0 }, /twice in the table/),
  drop("marks loaded after the plan is finished", { marksAfterPlan: false }, { ...tokensAlone }, /twice in the table/),
  drop("acknowledgements after done", { ackAfterDone: false }, { ...single, takeovers: 0 }, /gone/),
  drop(
    "a token that depends on the plan alone",
    { tokenFromPlan: false },
    { ...single, takeovers: 0 },
    /twice in the table/,
  ),
  drop("a displaced owner plans nothing", { displacedStops: false }, { ...tokensAlone }, /./),
  drop("waiting after an unknown outcome", { waitAfterUnknown: false }, { takeovers: 0 }, /twice in the table/),
  drop("waiting on takeover", { waitOnTakeover: "never" }, {}, /twice in the table/),
  drop("waiting on takeover when no plan is open", { waitOnTakeover: "open plan" }, {}, /twice in the table/),
  drop("a displaced owner sends no insert", { displacedSends: "everything" }, {}, /twice in the table/),
  drop(
    "children of a refused insert in the plan",
    { childrenInPlan: false },
    { ...bisect, window: 99 },
    /twice in the table/,
  ),
  drop("a child's success in the plan", { childDoneInPlan: false }, { ...bisect, takeovers: 0 }, /twice in the table/),
  drop(
    "a bad row in the plan before its dead letter",
    { deadInPlan: false },
    { ...bisect, alter: true },
    /in the table and in the dead letters/,
  ),
  drop("the ledger in the plan", { ledgerInPlan: false }, { ...single, takeovers: 0 }, /ledger/),
  drop("an identity that outlives consumption", { identityOutlives: false }, {
    rows: [dead],
    source: one,
    consumptions: 1,
    takeovers: 0,
  }, /twice in the dead letters/),
];
