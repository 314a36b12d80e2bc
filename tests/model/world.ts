// The state that the checker explores: plain data, one part per concern. What a part means is said in its own file.

import type { Rules } from "./rules.ts";

/** What becomes of a row, and its deduplication key. */
export interface RowSpec {
  readonly kind: "plain" | "filtered" | "dead" | "bad"; // dead: refused by the transform; bad: refused by the table
  readonly key?: number;
}

export interface Configuration {
  readonly name: string;
  readonly rules: Rules;
  readonly rows: readonly RowSpec[];
  readonly source:
    | { readonly kind: "otlp"; readonly frames: readonly { shard: number; rows: readonly number[] }[] }
    | { readonly kind: "replayable"; readonly partitions: readonly (readonly number[])[] };
  /**
   * Whether the requests are in the input edge from the start. An owner that has not looked at a message behaves as if it had
   * not arrived, so this only leaves out what can happen to the requests themselves.
   */
  readonly arrived?: boolean;
  readonly stage: "stateless" | "stateful";
  readonly shards: number;
  /** The shards of each sink lane. */
  readonly lanes: readonly (readonly number[])[];
  /** Tokens that the table remembers. */
  readonly window: number;
  readonly faults: number;
  readonly takeovers: number;
  /** How often a user consumes a dead letter. */
  readonly consumptions: number;
  /** How often the input edge is re-created once it is drained. */
  readonly recreations?: number;
  /** Whether the table is altered so that bad rows become good. */
  readonly alter?: boolean;
  /** The faults and takeovers that may happen; all when absent. */
  readonly only?: readonly (FaultName | Takeover)[];
}

export type FaultName =
  | "crash"
  | "late" // a publish, insert or compare-and-set timed out and lands later
  | "lost" // an acknowledgement or an answer is lost
  | "delivery" // a delivered message is lost on the way
  | "refused"; // a publish is refused

export type Outcome = "row" | "filtered" | "duplicate" | "dead";

export interface Row {
  id: number;
  pos: number;
  out: Outcome;
}

/** One message on an edge. `origin` is null for a *once* frame; `committed` is -1 where the origin has none. */
export interface Frame {
  origin: string | null;
  rows: Row[];
  prev: number;
  wm: number;
  committed: number;
}

export interface Message {
  seq: number;
  shard: number;
  frame: Frame;
  acked: boolean;
}

export interface Edge {
  incarnation: number;
  last: number;
  ids: string[];
  log: Message[];
  late: { shard: number; frame: Frame; id: string | null }[];
}

export interface Marks {
  seq: Record<string, number>;
  pos: Record<string, number>;
}

export interface Ledger {
  accepted: number;
  written: number;
  filtered: number;
  deduplicated: number;
  deadLettered: number;
}

/** One owner's life, from taking the shard or lane to a crash or to noticing that it was displaced. */
export interface Session {
  epoch: number;
  held: number[]; // sequences delivered and not handled yet
  lostDelivery: number; // a delivery that never arrived, or 0
}

/** Who owns a shard (at a stage) or a lane (at the sink), and the one consumer that delivers. */
export interface Ownership<S extends Session> {
  shards: readonly number[];
  epoch: number;
  consumer: number; // epoch in the consumer's name; 0 = none
  sessions: S[];
}

export interface StatelessSession extends Session {
  phase: "taking" | "running";
  committed: number; // first position of this session, -1 before its first frame
  prev: number;
}

export interface StateFile {
  id: string;
  epoch: number;
  marks: Marks;
  keys: number[];
  outbox: { seq: number; frame: Frame }[];
  next: number;
  ledger: Ledger;
}

export interface StatefulSession extends Session {
  phase: "taking" | "opening" | "running";
  /** What this session remembers of the file since another owner opened it. */
  memory: StateFile | null;
}

export interface Plan {
  frames: number[];
  start: Marks;
  /** Row ranges still to insert, in order. */
  parts: [number, number][];
  /** Rows (by index) found to be bad alone. */
  dead: number[];
}

/** Finishing a plan: what this session knows of it, and how far it has come. */
export interface Job {
  key: string;
  plan: Plan;
  letters: number; // dead letters published
  inserted: number; // parts inserted
  refused: boolean; // the next part was refused
  counted: boolean; // (broken variant) the ledger was counted outside the plan
  attempt: number;
}

export interface LaneKey {
  plan: Plan | null;
  marks: Marks;
  ledger: Ledger;
}

export interface SinkSession extends Session {
  phase: "finishing" | "taking" | "running";
  /** Whether the revision this session knows is the key's. */
  fresh: boolean;
  marks: Marks;
  job: Job | null;
  /** An earlier insert may still run. */
  unsure: boolean;
  gaps: number;
}

export interface Lane extends Ownership<SinkSession> {
  keys: Record<string, LaneKey>;
  lateSwaps: { key: string; value: LaneKey }[];
  lateInserts: Insert[];
}

export interface Insert {
  token: string;
  rows: number[];
}

export interface SourceSession {
  generation: number;
  read: number[];
  prev: number[];
  committed: number[];
}

export interface World {
  left: { faults: number; takeovers: number; consumptions: number; recreations: number; alter: number };
  source: { unsent: number[]; repeats: number[]; committed: number[]; generation: number; sessions: SourceSession[] };
  input: Edge;
  stateless: Ownership<StatelessSession>[];
  stateful: (Ownership<StatefulSession> & { file: StateFile })[];
  output: Edge;
  lanes: Lane[];
  table: { rows: number[]; window: string[]; altered: boolean };
  dlq: { entries: Record<string, "waiting" | "consumed">; seen: number[]; late: { identity: string; id: number }[] };
  blocked: string;
}

export type Takeover = "takeover" | "lane takeover";
/** Offers a step; faults and takeovers say which they are, and cost one of their budget. */
export type Add = (
  kind: "live" | "optional" | FaultName | Takeover,
  label: string,
  apply: (world: World) => void,
) => void;

export const noMarks = (): Marks => ({ seq: {}, pos: {} });
export const noLedger = (): Ledger => ({ accepted: 0, written: 0, filtered: 0, deduplicated: 0, deadLettered: 0 });

export function addTo(sum: Ledger, delta: Ledger): void {
  sum.accepted += delta.accepted;
  sum.written += delta.written;
  sum.filtered += delta.filtered;
  sum.deduplicated += delta.deduplicated;
  sum.deadLettered += delta.deadLettered;
}
