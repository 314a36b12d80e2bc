/**
 * Takes turns: each round runs every side once, ours and the baseline, so that what else the machine does meets both
 * alike. The first rounds only warm up. Rates are medians over the rounds; CPU time is summed over them, because one
 * round is few clock ticks.
 */
import { cpuSeconds, OURS, type ProcessGroups } from "./cpu.ts";

/** What one run of a side has done. */
export interface Work {
  readonly events: number;
  readonly bytes?: number;
}

export interface Side {
  /** Makes the round's input; not measured. */
  readonly prepare?: () => void | Promise<void>;
  readonly run: () => Work | Promise<Work>;
  /** Whose CPU time counts. Default: this process as `ours`. */
  readonly processes?: ProcessGroups;
}

export interface RoundOptions {
  /** Default 5. */
  readonly rounds?: number;
  /** Default 1. */
  readonly warmUps?: number;
  /** No new round begins after this time. Default 40 s. */
  readonly budgetMs?: number;
}

export async function takeTurns<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { rounds = 5, warmUps = 1, budgetMs = 40_000 }: RoundOptions = {},
): Promise<Record<Name, Measured>> {
  const names = Object.keys(sides) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, new Measured()])) as Record<Name, Measured>;
  const until = performance.now() + budgetMs;
  for (let round = -warmUps; round < rounds; round++) {
    if (round > 0 && performance.now() > until) break;
    for (const name of names) {
      const sample = await runOnce(sides[name]);
      if (round >= 0) measured[name].samples.push(sample);
    }
  }
  return measured;
}

interface Sample extends Work {
  readonly seconds: number;
  readonly cpu: Readonly<Record<string, number | null>>;
}

async function runOnce({ prepare, run, processes = OURS }: Side): Promise<Sample> {
  await prepare?.();
  const before = readGroups(processes);
  const began = performance.now();
  const work = await run();
  const seconds = (performance.now() - began) / 1000;
  const after = readGroups(processes);
  const cpu = Object.fromEntries(
    Object.keys(processes).map((name) => {
      const from = before[name], to = after[name];
      return [name, from === null || to === null ? null : to - from];
    }),
  );
  return { ...work, seconds, cpu };
}

export function readGroups(groups: ProcessGroups): Record<string, number | null> {
  return Object.fromEntries(Object.entries(groups).map(([name, pids]) => [name, cpuSeconds(pids)]));
}

export class Measured {
  readonly samples: Sample[] = [];

  get events(): number {
    return this.samples.reduce((sum, sample) => sum + sample.events, 0);
  }

  /** Events per second of wall-clock time. */
  get rate(): number {
    return median(this.samples.map(({ events, seconds }) => events / seconds));
  }

  /** 10^6 bytes per second. */
  get megabytesPerSecond(): number {
    return median(this.samples.map(({ bytes = 0, seconds }) => bytes / seconds / 1e6));
  }

  /** 2^20 bytes per second. */
  get mebibytesPerSecond(): number {
    return this.megabytesPerSecond * 1e6 / 2 ** 20;
  }

  /** CPU seconds of a group, or of several together. */
  cpu(...groups: string[]): number | null {
    let sum = 0;
    for (const sample of this.samples) {
      for (const group of groups) {
        const seconds = sample.cpu[group];
        if (seconds === null || seconds === undefined) return null;
        sum += seconds;
      }
    }
    return sum;
  }

  perMillion(...groups: string[]): number | null {
    const seconds = this.cpu(...groups);
    return seconds === null ? null : significant(seconds / this.events * 1e6);
  }

  /** Events per CPU second of these groups together; falls back to the wall clock where CPU time cannot be read. */
  perCpuSecond(...groups: string[]): number {
    const seconds = this.cpu(...groups);
    return seconds === null || seconds === 0 ? this.rate : this.events / seconds;
  }
}

/** One side beside its baseline, as details of a bench show it. */
export function besideBaseline(ours: Measured, baseline: Measured): Record<string, number> {
  const bytes = ours.samples.some((sample) => sample.bytes !== undefined);
  return {
    rows_per_second: Math.round(ours.rate),
    ...(bytes ? { mb_per_second: significant(ours.megabytesPerSecond) } : {}),
    rows_per_cpu_second: Math.round(ours.perCpuSecond("ours")),
    baseline_rows_per_second: Math.round(baseline.rate),
    ratio: significant(ours.rate / baseline.rate),
  };
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three digits are more than the noise leaves. */
export function significant(value: number): number {
  return Number(value.toPrecision(3));
}
