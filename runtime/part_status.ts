/** What a part of a stage (a shard, a lane) says of itself: a trouble that needs a person stays until data flows again. */
import { ConsumerBroken, messageOf, needsPerson, PositionGap } from "./errors.ts";
import type { WorkerContext } from "./stage.ts";

/** A gap may be a delivery that came out of order; met this often in a row, it is believed. */
const GAPS_BELIEVED = 3;

export class PartStatus {
  #blocked = false;
  #gaps = 0;

  constructor(readonly part: string, readonly report: WorkerContext["report"]) {}

  /** A session ended with an error. */
  trouble(error: unknown): void {
    if (error instanceof ConsumerBroken) return; // mended by the next session
    if (error instanceof PositionGap && ++this.#gaps < GAPS_BELIEVED) return;
    this.#blocked = needsPerson(error) || error instanceof PositionGap;
    this.report(this.part, { state: this.#blocked ? "blocked" : "waiting", reason: messageOf(error) });
  }

  /** A session has begun: data may flow, which a blocked part has to show first. */
  opened(): void {
    if (!this.#blocked) this.report(this.part, { state: "running" });
  }

  /** Data was handled. */
  progress(): void {
    this.#gaps = 0;
    this.#blocked = false;
    this.report(this.part, { state: "running" });
  }

  /** Something outside does not take what is sent; null = it does again. */
  waiting(reason: string | null, personMustAct = false): void {
    if (reason === null) this.opened();
    else this.report(this.part, { state: personMustAct ? "blocked" : "waiting", reason });
  }
}
