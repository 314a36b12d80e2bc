/** Deduplication's keys in memory, as a worker has them, with a note of which row brought each. */
import { Fingerprints } from "../../runtime/state/fingerprints.ts";
import type { UndoableKeys } from "../transform/compute.ts";
import type { RowId } from "./stage_reports.ts";

export class TracedKeys implements UndoableKeys {
  readonly #keys: Fingerprints;
  readonly #first = new Map<string, RowId>();
  /** The row at work. */
  row: RowId = { event: 0 };
  /** Who brought the key that was found last. */
  found: RowId | undefined;

  constructor(windowMs: number) {
    this.#keys = new Fingerprints({ windowMs });
  }

  has(a: number, b: number, c: number, d: number, timeMs: number): boolean {
    const seen = this.#keys.has(a, b, c, d, timeMs);
    if (seen) this.found = this.#first.get([a, b, c, d].join());
    return seen;
  }
  add(a: number, b: number, c: number, d: number, timeMs: number): void {
    if (this.#keys.add(a, b, c, d, timeMs)) this.#first.set([a, b, c, d].join(), this.row);
  }
  begin(): void {
    this.#keys.begin();
  }
  commit(): void {
    this.#keys.commit();
  }
  rollback(): void {
    this.#keys.rollback();
  }
}
