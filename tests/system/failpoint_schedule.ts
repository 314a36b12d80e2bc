/**
 * Which process is to be killed at which failpoints. Every start of a process arms all of its points that are still to be
 * reached; the one that it comes to first kills it, and the next start arms the rest.
 */
import type { FailpointName } from "../../runtime/failpoint.ts";

export interface Target {
  /** `pipeline/stage`, or `receiver`. */
  readonly process: string;
  readonly name: FailpointName;
  /** The how-many-th passing after the process started kills it. */
  readonly nth: number;
}

export class FailpointSchedule {
  readonly #left = new Map<string, Target[]>();
  readonly #reached: Target[] = [];
  #waiting: (() => void)[] = [];

  constructor(targets: readonly Target[]) {
    for (const target of targets) this.#of(target.process).push(target);
  }

  /** What a start of the process arms: of each name the next one that is left. */
  arm(process: string): Record<string, number> {
    const points: Record<string, number> = {};
    for (const { name, nth } of this.#of(process)) points[name] ??= nth;
    return points;
  }

  reached(name: string, pipeline?: string): void {
    const process = pipeline === undefined ? "receiver" : `${pipeline}/${name.split(".")[0]}`;
    const targets = this.#of(process);
    const at = targets.findIndex((target) => target.name === name);
    if (at < 0) throw new Error(`${process} stopped at ${name}, which was not armed`);
    this.#reached.push(...targets.splice(at, 1));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get left(): Target[] {
    return [...this.#left.values()].flat();
  }

  /** Name → times killed there. */
  get kills(): Record<string, number> {
    const names = this.#reached.map(({ name }) => name).sort();
    return Object.fromEntries(Map.groupBy(names, (name) => name).entries().map(([name, all]) => [name, all.length]));
  }

  /** Paces a load: waits for the next kill, at most `ms`, and not at all when everything was reached. */
  async pace(ms: number): Promise<void> {
    if (this.left.length === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((wake) => {
      this.#waiting.push(wake);
      timer = setTimeout(wake, ms);
    });
    clearTimeout(timer);
  }

  #of(process: string): Target[] {
    let targets = this.#left.get(process);
    if (!targets) this.#left.set(process, targets = []);
    return targets;
  }
}
