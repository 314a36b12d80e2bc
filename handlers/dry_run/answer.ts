/** JSON text put together from pieces that are JSON text already: numbers keep every digit. Bounded. */
import { JobRefused } from "./job.ts";

/** Characters of an answer at most. */
export const ANSWER_LIMIT = 8 << 20;

export type Members = Readonly<Record<string, string | number | null | undefined | Json>>;

/** JSON text. */
export class Json {
  constructor(readonly text: string) {}
}

/** Counts what goes into an answer. @throws {JobRefused} from `spend` when it is too much */
export class AnswerBudget {
  #left = ANSWER_LIMIT;

  spend(length: number): void {
    this.#left -= length;
    if (this.#left < 0) {
      throw new JobRefused(`the answer would be larger than ${ANSWER_LIMIT >> 20} MiB: send fewer or smaller events`);
    }
  }
}

/** Members that are undefined are left out. */
export function object(members: Members): Json {
  const parts = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [`${JSON.stringify(name)}:${value instanceof Json ? value.text : JSON.stringify(value)}`]
  );
  return new Json(`{${parts.join(",")}}`);
}

export function array(elements: readonly Json[]): Json {
  return new Json(`[${elements.map(({ text }) => text).join(",")}]`);
}
