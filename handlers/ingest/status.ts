/** What the ingest stage says of itself: the brokers, the registry and the edge may keep it waiting; the worse is shown. */
import type { WorkerContext } from "../../runtime/stage.ts";

type Cause = "source" | "edge" | "registry";

export class IngestStatus {
  readonly #reasons = new Map<Cause, { readonly reason: string; readonly personMustAct: boolean }>();

  constructor(readonly report: WorkerContext["report"]) {}

  /** `reason` null: the cause is gone. */
  set(cause: Cause, reason: string | null, personMustAct: boolean): void {
    if (reason === null) this.#reasons.delete(cause);
    else this.#reasons.set(cause, { reason, personMustAct });
    const worst = [...this.#reasons.values()].sort((a, b) => Number(b.personMustAct) - Number(a.personMustAct))[0];
    if (!worst) this.report("source", { state: "running" });
    else this.report("source", { state: worst.personMustAct ? "blocked" : "waiting", reason: worst.reason });
  }
}
