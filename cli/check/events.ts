/**
 * Events whose fate is known by their number: the same seed gives the same events, so what must be in the table and in the
 * dead-letter queue is known without asking the system.
 */

/** `refused`: ClickHouse itself refuses the row (a CHECK constraint of the table). */
export type Fate = "good" | "filtered" | "duplicate" | "broken" | "refused";

export interface CheckEvent {
  /** Unique, but for duplicates, which bear the id of an earlier good event. */
  readonly id: string;
  readonly fate: Fate;
  readonly service: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  /** Nanoseconds since 1970, as text. */
  readonly timeUnixNano: string;
  /** Attribute `amount`: digits, or something that is no number. */
  readonly amount: string;
  readonly note: string;
}

export interface EventOptions {
  readonly prefix: string;
  readonly count: number;
  readonly seed: number;
  /** Whether the pipeline deduplicates: without it there are no duplicates. */
  readonly duplicates: boolean;
}

/** Rows with this amount violate the table's constraint. */
export const REFUSED_AMOUNT = "13";
/** The pipeline keeps this severity and above. */
export const KEPT_SEVERITY = 9;

const NOTES = ["plain", "Größe €5", 'quote " and \\ slash', "line\nbreak\ttab", "😀 four bytes", "", "x".repeat(200)];

export function makeEvents({ prefix, count, seed, duplicates }: EventOptions): CheckEvent[] {
  let state = (seed * 2654435761) >>> 0 || 1;
  const random = (limit: number) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
  const good: CheckEvent[] = [];
  return Array.from({ length: count }, (_, i): CheckEvent => {
    const dice = random(1_000);
    const fate: Fate = dice < 100
      ? "filtered"
      : dice < 130
      ? "broken"
      : dice < 131
      ? "refused"
      : dice < 280 && duplicates && good.length > 0
      ? "duplicate"
      : "good";
    if (fate === "duplicate") return { ...good[random(good.length)], fate };
    const event: CheckEvent = {
      id: `${prefix}-${i}`,
      fate,
      service: `svc-${random(20)}`,
      severityNumber: fate === "filtered" ? 1 + random(KEPT_SEVERITY - 1) : KEPT_SEVERITY + random(12),
      severityText: ["INFO", "WARN", "ERROR"][random(3)],
      body: `event ${i} ${NOTES[random(NOTES.length)]}`,
      timeUnixNano: String(1767225600000000000n + BigInt(i) * 1_000_003n),
      amount: fate === "broken"
        ? "not a number"
        : fate === "refused"
        ? REFUSED_AMOUNT
        : String(100 + random(1_000_000)),
      note: NOTES[random(NOTES.length)],
    };
    if (fate === "good") good.push(event);
    return event;
  });
}

/** What must come of the events. */
export interface Expectation {
  readonly accepted: number;
  readonly written: ReadonlyMap<string, CheckEvent>;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly dead: ReadonlySet<string>;
}

export function expectationOf(events: readonly CheckEvent[]): Expectation {
  const of = (...fates: Fate[]) => events.filter((event) => fates.includes(event.fate));
  return {
    accepted: events.length,
    written: new Map(of("good").map((event) => [event.id, event])),
    filtered: of("filtered").length,
    deduplicated: of("duplicate").length,
    dead: new Set(of("broken", "refused").map((event) => event.id)),
  };
}
