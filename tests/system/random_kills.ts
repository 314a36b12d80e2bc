/** Kills every process at failpoints drawn from a seed, a bounded number of times each. */
import type { FailpointName } from "../../runtime/failpoint.ts";

/** Passings after which a drawn point kills at the latest. */
const MAX_PASSINGS = 5;
/** The receiver's supervisor waits longer before each start: a few kills are enough. */
const RECEIVER_KILLS = 4;

export class RandomKills {
  /** Where processes were killed, in order. */
  readonly reachedAt: string[] = [];
  readonly #random = new Map<string, () => number>();
  readonly #left = new Map<string, number>();

  /** `pointsOf`: the failpoints that a process passes. */
  constructor(
    readonly seed: number,
    readonly killsPerProcess: number,
    readonly pointsOf: (process: string) => readonly FailpointName[],
  ) {}

  /** Two points at once: what the load does not reach does not keep the other from killing. */
  arm(process: string): Record<string, number> {
    const left = this.#left.get(process) ?? (process === "receiver" ? RECEIVER_KILLS : this.killsPerProcess);
    this.#left.set(process, left - 1);
    if (left <= 0) return {};
    const random = this.#of(process);
    const points = this.pointsOf(process);
    const draw = () => [points[Math.floor(random() * points.length)], 1 + Math.floor(random() * MAX_PASSINGS)];
    return Object.fromEntries([draw(), draw()]);
  }

  reached(name: string, pipeline = "receiver"): void {
    if (Deno.env.has("TRACE_KILLS")) console.error(new Date().toISOString(), name, pipeline);
    this.reachedAt.push(`${pipeline} ${name}`);
  }

  pace(ms: number): Promise<void> {
    return new Promise((done) => setTimeout(done, ms));
  }

  /** Each process has its own dice, so that its draws do not depend on what others do. */
  #of(process: string): () => number {
    let random = this.#random.get(process);
    if (!random) this.#random.set(process, random = xorshift(hash(`${this.seed} ${process}`)));
    return random;
  }
}

const hash = (text: string) =>
  [...text].reduce((sum, char) => Math.imul(sum ^ char.charCodeAt(0), 16777619), 2166136261);

/** Numbers in [0, 1) by xorshift. */
function xorshift(state: number): () => number {
  state = state >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
