/** What each stage did to each row, collected as the answer shows it. */
import { type AnswerBudget, array, Json, type Members, object } from "./answer.ts";

/** Which event of the request, and of an OTLP event which of its records. */
export interface RowId {
  readonly event: number;
  readonly record?: number;
}

/** One stage of the answer. */
export class StageReport {
  #in = 0;
  readonly #kept: Json[] = [];
  readonly #dropped: Json[] = [];
  readonly #changed: Json[] = [];
  readonly #dead: Json[] = [];
  readonly #refused: Json[] = [];

  /** `transform`: its place in the configuration's `transforms`. */
  constructor(readonly stage: string, readonly budget: AnswerBudget, readonly transform?: number) {}

  enter(): void {
    this.#in++;
  }
  keep(id: RowId): void {
    this.#add(this.#kept, id, {});
  }
  drop(id: RowId, why: Members): void {
    this.#add(this.#dropped, id, why);
  }
  change(id: RowId, before: Json, after: Json): void {
    this.#add(this.#changed, id, { before, after });
  }
  deadLetter(id: RowId, letter: Members): void {
    this.#add(this.#dead, id, letter);
  }
  refuse(id: RowId, error: string): void {
    this.#add(this.#refused, id, { error });
  }

  json(): Json {
    return object({
      stage: this.stage,
      transform: this.transform,
      in: this.#in,
      out: this.#kept.length,
      kept: array(this.#kept),
      dropped: array(this.#dropped),
      changed: array(this.#changed),
      dead_lettered: array(this.#dead),
      refused: this.stage === "receiver" ? array(this.#refused) : undefined,
    });
  }

  #add(list: Json[], { event, record }: RowId, members: Members): void {
    const json = object({ event, record, ...members });
    this.budget.spend(json.text.length);
    list.push(json);
  }
}
