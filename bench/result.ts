/** What a bench prints: one line of JSON on standard output. Everything else goes to standard error. */

export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same figure of the code under `bench/baseline/`, measured in the same run. */
  readonly baseline: number;
  readonly ratio: number;
  /** Null where CPU time cannot be read. */
  readonly cpu_seconds_per_million_events: Readonly<Record<string, number | null>>;
  readonly [detail: string]: unknown;
}

export interface Bench {
  /** One line for the list. */
  readonly about: string;
  /** Figures except the name; `note` tells a person how it goes. */
  run(note: (text: string) => void): Promise<Omit<BenchResult, "name">>;
}
