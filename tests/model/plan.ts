// A plan names frames and the marks it starts from; rows and dead letters are derived from the frames, trimmed by those marks,
// so every owner that finishes the plan sees the same. Order: plan, dead letters, insert (one block per part, token = the
// plan and the part), done (marks and ledger in one compare-and-set), acknowledgements.

import { ack, advance, marksFor, message, trim } from "./edge.ts";
import { isBad, landInsert } from "./clickhouse.ts";
import { landLetter } from "./dlq.ts";
import type {
  Add,
  Configuration,
  Insert,
  Job,
  Lane,
  LaneKey,
  Ledger,
  Marks,
  Plan,
  Row,
  SinkSession,
  World,
} from "./world.ts";
import { addTo, noLedger } from "./world.ts";

export interface Derived {
  rows: Row[]; // to insert
  letters: { identity: string; id: number }[]; // dead before the sink
  origins: string[]; // of rows
  counts: Ledger;
  end: Marks;
}

/** What a plan over these frames does, "gap", or "gone" when a frame is no longer in the stream. */
export function derive(c: Configuration, w: World, frames: readonly number[], start: Marks): Derived | "gap" | "gone" {
  const end = structuredClone(start);
  const result: Derived = { rows: [], letters: [], origins: [], counts: noLedger(), end };
  for (const seq of frames) {
    const m = message(w.output, seq);
    if (!m) return "gone";
    const rows = trim(m.frame, marksFor(end, w.output, m, c.rules.incarnation), seq, c.rules.gapCheck);
    if (rows === "gap") return "gap";
    advance(end, w.output, m, c.rules.incarnation);
    const origin = m.frame.origin ?? `out/${m.shard}/${m.seq}`;
    for (const row of rows) {
      result.counts.accepted++;
      if (row.out === "filtered") result.counts.filtered++;
      else if (row.out === "duplicate") result.counts.deduplicated++;
      else if (row.out === "dead") result.letters.push({ identity: `${origin}:${row.pos}`, id: row.id });
      else {
        result.rows.push(row);
        result.origins.push(origin);
      }
    }
  }
  return result;
}

export const samePlan = (a: Plan | null, b: Plan): boolean =>
  a !== null && JSON.stringify([a.frames, a.start]) === JSON.stringify([b.frames, b.start]);

/** A compare-and-set that succeeds: every other session's revision is old now, and so is every late compare-and-set. */
export function swap(c: Configuration, lane: Lane, key: string, by: SinkSession | null, value: LaneKey): void {
  lane.keys[key] = value;
  lane.lateSwaps = lane.lateSwaps.filter((late) => late.key !== key);
  for (const session of lane.sessions) {
    const reads = c.rules.laneKey === "one" || key === `lane-${session.epoch}`;
    if (reads) session.fresh = session === by;
  }
}

/** The insert that this session would send next, if it is at that point. */
export function nextInsert(c: Configuration, w: World, session: SinkSession): Insert | null {
  const job = session.job;
  if (!job || job.refused || session.unsure) return null;
  const made = derive(c, w, job.plan.frames, job.plan.start);
  if (typeof made === "string") return null;
  if (job.letters < made.letters.length + job.plan.dead.length) return null;
  if (c.rules.childDoneInPlan && job.inserted > 0) return null;
  const part = job.plan.parts[job.inserted];
  if (!part) return null;
  const marks = job.plan.frames.length > 0 ? "" : "-";
  const attempt = c.rules.tokenFromPlan ? "" : ` by ${session.epoch}.${job.attempt}`;
  const whole = part[0] === 0 && part[1] === made.rows.length;
  return {
    token: `plan[${job.plan.frames}]${marks}${startOf(job.plan.start)}${
      whole ? "" : ` rows ${part[0]}..${part[1] - 1}`
    }${attempt}`,
    rows: made.rows.slice(part[0], part[1]).map((row) => row.id),
  };
}

const startOf = (marks: Marks): string => {
  const text = Object.entries(marks.pos).sort().map(([origin, pos]) => `${origin}:${pos}`).join(" ");
  return text === "" ? "" : ` from ${text}`;
};

/** The steps of a session that has a plan to finish. */
export function jobSteps(
  c: Configuration,
  w: World,
  l: number,
  lane: Lane,
  session: SinkSession,
  job: Job,
  who: string,
  kind: "live" | "optional",
  reread: (t: World) => void,
  afterDone: (t: World, acknowledge: boolean) => void,
  gone: (t: World) => void,
  add: Add,
): void {
  const pick = (t: World) => t.lanes[l];
  const own = (t: World) => pick(t).sessions.find((s) => s.epoch === session.epoch)!;
  const displaced = session.epoch !== lane.epoch;
  const made = derive(c, w, job.plan.frames, job.plan.start);
  if (typeof made === "string") {
    add(kind, `${who} finds that frames of the plan are gone and reads the key again`, (t) => {
      const before = own(t).job;
      reread(t);
      const after = pick(t).sessions.find((s) => s.epoch === session.epoch);
      if (after?.job && samePlan(after.job.plan, before!.plan)) t.blocked = "an open plan names frames that are gone";
    });
    return;
  }
  const mayFail = session.fresh || c.rules.laneKey !== "one";
  /** Changes the key, or reads it again when the revision is old. `local` changes only this session's own copy. */
  const write = (
    label: string,
    local: boolean,
    change: (plan: Plan) => void,
    then: (t: World, s: SinkSession) => void,
  ) => {
    if (!local && !mayFail) return void add(kind, `${who}: ${label} is refused, it reads the key again`, reread);
    add(kind, `${who}: ${label}`, (t) => {
      const s = own(t), j = s.job!;
      change(j.plan);
      if (!local) swap(c, pick(t), j.key, s, { ...pick(t).keys[j.key], plan: structuredClone(j.plan) });
      then(t, s);
    });
  };

  // 1. dead letters
  const badAlone = job.plan.dead.map((i) => ({
    identity: `${made.origins[i]}:${made.rows[i].pos}`,
    id: made.rows[i].id,
  }));
  const letter = [...made.letters, ...badAlone][job.letters];
  if (letter) {
    const what = `${who} publishes dead letter ${letter.identity} (row ${letter.id})`;
    add(kind, what, (t) => {
      landLetter(t, letter.identity, letter.id);
      own(t).job!.letters++;
    });
    add("lost", `${what}, the acknowledgement is lost`, (t) => landLetter(t, letter.identity, letter.id));
    add("late", `${what}, it times out and is still under way`, (t) => void t.dlq.late.push(letter));
    add("crash", `${what} and crashes, it is still under way`, (t) => {
      t.dlq.late.push(letter);
      gone(t);
    });
    return;
  }

  // 2. a part was refused: split it, or call its one row dead
  const part = job.plan.parts[job.inserted];
  if (job.refused) {
    const next = (_: World, s: SinkSession) => {
      s.job!.refused = false;
      if (c.rules.childDoneInPlan || c.rules.childrenInPlan) s.job!.inserted = 0;
    };
    const rest = c.rules.childrenInPlan
      ? job.plan.parts.slice(job.inserted + 1)
      : job.plan.parts.slice(job.inserted + 1);
    const doneBefore = c.rules.childrenInPlan ? [] : job.plan.parts.slice(0, job.inserted);
    if (part[1] - part[0] === 1) {
      write(`row ${made.rows[part[0]].id} is bad alone, written into the plan`, !c.rules.deadInPlan, (plan) => {
        plan.parts = [...doneBefore, ...rest];
        plan.dead.push(part[0]);
      }, next);
    } else {
      // Owners need not split alike: what counts is what the plan says.
      const size = part[1] - part[0];
      const middle = part[0] + (session.epoch % 2 === 1 ? Math.ceil(size / 2) : Math.max(1, Math.floor(size / 2)));
      write(
        `rows ${part[0]}..${part[1] - 1} split at ${middle}, written into the plan`,
        !c.rules.childrenInPlan,
        (plan) => {
          plan.parts = [...doneBefore, [part[0], middle], [middle, part[1]], ...rest];
        },
        next,
      );
    }
    return;
  }

  // 3. insert
  if (c.rules.childDoneInPlan && job.inserted > 0 && job.plan.parts.length > 1) {
    write("one part is in the table, written into the plan", false, (plan) => void plan.parts.shift(), (_, s) => {
      s.job!.inserted = 0;
    });
    return;
  }
  if (part) {
    if (displaced && c.rules.displacedSends === "no inserts") return;
    if (session.unsure) {
      add(kind, `${who} waits until no earlier insert of this lane runs`, (t) => {
        own(t).unsure = false;
        pick(t).lateInserts = [];
      });
      return;
    }
    const insert = nextInsert(c, w, session)!;
    const unknown = (t: World) => {
      own(t).unsure = c.rules.waitAfterUnknown;
      if (!c.rules.tokenFromPlan) own(t).job!.attempt++;
    };
    if (insert.rows.some((id) => isBad(c, w, id))) {
      add(kind, `${who} inserts ${insert.token} [${insert.rows}], refused`, (t) => {
        own(t).job!.refused = true;
      });
    } else {
      add(kind, `${who} inserts ${insert.token} [${insert.rows}]`, (t) => {
        landInsert(c, t, insert);
        own(t).job!.inserted++;
      });
      add("lost", `${who} inserts ${insert.token} [${insert.rows}], the answer is lost`, (t) => {
        landInsert(c, t, insert);
        unknown(t);
      });
    }
    add("late", `${who}'s insert ${insert.token} [${insert.rows}] times out and still runs`, (t) => {
      pick(t).lateInserts.push(insert);
      unknown(t);
    });
    add("crash", `${who} crashes, its insert ${insert.token} [${insert.rows}] still runs`, (t) => {
      pick(t).lateInserts.push(insert);
      gone(t);
    });
    return;
  }

  // 4. done
  const delta = { ...made.counts, written: made.rows.length - job.plan.dead.length };
  delta.deadLettered = made.letters.length + job.plan.dead.length;
  if (!c.rules.ledgerInPlan && !job.counted) {
    add(kind, `${who} adds the plan to the ledger, which is a key of its own`, (t) => {
      addTo(pick(t).keys[job.key].ledger, delta);
      own(t).job!.counted = true;
    });
    return;
  }
  if (!mayFail) return void add(kind, `${who}: done is refused, it reads the key again`, reread);
  const done = (key: LaneKey): LaneKey => {
    const ledger = { ...key.ledger };
    if (c.rules.ledgerInPlan) addTo(ledger, delta);
    return { plan: null, marks: made.end, ledger };
  };
  const finish = (t: World, acknowledge: boolean) => {
    swap(c, pick(t), job.key, own(t), done(pick(t).keys[job.key]));
    const s = own(t);
    if (acknowledge) { for (const seq of job.plan.frames) ack(t.output, pick(t), s, seq); }
    s.held = s.held.filter((seq) => !job.plan.frames.includes(seq));
    s.job = null;
    afterDone(t, acknowledge);
  };
  add(kind, `${who}: done, then acknowledges [${job.plan.frames}]`, (t) => finish(t, true));
  add("lost", `${who}: done, the acknowledgements of [${job.plan.frames}] are lost`, (t) => finish(t, false));
  add("crash", `${who}: done, then crashes before it acknowledges`, (t) => {
    finish(t, false);
    gone(t);
  });
  if (session.fresh) {
    add("late", `${who}'s done times out, it is still under way`, (t) => {
      pick(t).lateSwaps.push({ key: job.key, value: done(pick(t).keys[job.key]) });
    });
  }
}
