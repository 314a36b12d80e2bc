/**
 * Failpoints: named places in the protocol where a test can stop a process dead. A process that reaches an armed one says
 * so on standard output and then stands still, so that its supervisor ends it with SIGKILL exactly there.
 */

/** Every failpoint of the protocol with the rule of `docs/exactly-once.md` it stands beside. */
export const FAILPOINTS = {
  "receiver.before_publish": "§2 nothing of a request is stored yet",
  "receiver.after_publish": "§2 frames are stored, the client has no answer",
  "ingest.after_assign": "§2 a partition is assigned, nothing is fetched",
  "ingest.after_fetch": "§2 records were fetched, nothing is framed",
  "ingest.before_publish": "§2 a frame is made, not published",
  "ingest.after_publish": "§2 a frame is stored, its offsets are not committed",
  "ingest.before_commit": "§2 rows are in the table, their offsets are not committed",
  "ingest.after_commit": "§2 offsets are committed",
  "transform.after_claim": "§3 the owner record bears the new epoch",
  "transform.after_consumer": "§3 the consumer of the new epoch exists",
  "transform.after_state_open": "§3 the state file bears the new epoch",
  "transform.after_receive": "§4 a frame was received, nothing is handled",
  "transform.before_commit": "§4 the frame is computed, the transaction is not committed",
  "transform.after_commit": "§4 the transaction is committed, the input is not acknowledged",
  "transform.after_ack": "§4 the input is acknowledged, the outbox is not published",
  "transform.after_publish": "§4 the outbox frame is published, it is not deleted",
  "transform.after_outbox_delete": "§4 the outbox frame is deleted",
  "transform.before_pass": "§4 (stateless) computed, not published",
  "transform.after_pass": "§4 (stateless) published, the input is not acknowledged",
  "sink.after_claim": "§5 the lane key bears the new epoch",
  "sink.after_recover": "§5 the open plan is finished, marks are loaded",
  "sink.after_consumer": "§5 the consumers of the new epoch exist",
  "sink.before_plan": "§5 frames are held, no plan is written",
  "sink.after_plan": "§5 the plan is written, nothing is inserted",
  "sink.after_dead_letters": "§6 dead letters are published, nothing is inserted",
  "sink.before_insert": "§5 the block is merged, the insert is not sent",
  "sink.after_insert": "§5 rows are in the table, the plan is open",
  "sink.after_done": "§5 the plan is done, frames are not acknowledged",
  "sink.after_ack": "§5 frames are acknowledged",
  "sink.after_bisect": "§5 the plan's children are written",
} as const satisfies Record<string, string>;

export type FailpointName = keyof typeof FAILPOINTS;

/** The line a process prints when it stands at a failpoint. */
export const FAILPOINT_LINE = "glassflow-failpoint ";

/** One map in a process, however many copies of this module it has: a bundled stage brings its own. */
const KEY = Symbol.for("glassflow.failpoints");
const shared = globalThis as { [KEY]?: Map<string, number> };
const armed = shared[KEY] ??= new Map<string, number>();

/** Arms failpoints: name → the how-many-th passing stops the process (1 = the first). */
export function armFailpoints(points: Readonly<Record<string, number>>): void {
  for (const [name, nth] of Object.entries(points)) {
    if (!(name in FAILPOINTS)) throw new Error(`no failpoint is named ${JSON.stringify(name)}`);
    armed.set(name, nth);
  }
}

/** Marks a place in the protocol. Costs one test of an empty map when nothing is armed. */
export function failpoint(name: FailpointName): void {
  if (armed.size === 0) return;
  const left = armed.get(name);
  if (left === undefined) return;
  if (left > 1) {
    armed.set(name, left - 1);
    return;
  }
  Deno.stdout.writeSync(new TextEncoder().encode(`${FAILPOINT_LINE}${name}\n`));
  // Stands still without giving any other work of this process a chance to run.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
}
