/** A small registry that renders the Prometheus text format; names follow the original's `gfm_*`. */

export type Labels = Readonly<Record<string, string>>;

interface Series {
  value: number;
  buckets?: number[];
  sum?: number;
}

interface Family {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly bounds: readonly number[];
  readonly series: Map<string, Series>;
}

/** Bounds in seconds of the original's processing histograms. */
export const DURATION_BOUNDS = [.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120] as const;

export interface Counter {
  add(value: number, labels?: Labels): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export class Metrics {
  readonly #families = new Map<string, Family>();

  /** `constant` labels are put on every series. */
  constructor(readonly constant: Labels = {}) {}

  counter(name: string, help: string): Counter {
    const family = this.#family(name, "counter", help);
    return { add: (value, labels) => void (this.#series(family, labels).value += value) };
  }

  gauge(name: string, help: string): Gauge {
    const family = this.#family(name, "gauge", help);
    return { set: (value, labels) => void (this.#series(family, labels).value = value) };
  }

  histogram(name: string, help: string, bounds: readonly number[] = DURATION_BOUNDS): Histogram {
    const family = this.#family(name, "histogram", help, bounds);
    return {
      observe: (value, labels) => {
        const series = this.#series(family, labels);
        series.buckets ??= new Array<number>(bounds.length).fill(0);
        for (let i = bounds.length - 1; i >= 0 && value <= bounds[i]; i--) series.buckets[i]++;
        series.sum = (series.sum ?? 0) + value;
        series.value++;
      },
    };
  }

  /** The text exposition format 0.0.4. */
  render(): string {
    const lines: string[] = [];
    for (const [name, family] of this.#families) {
      lines.push(`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.kind}`);
      for (const [labels, series] of family.series) {
        if (family.kind !== "histogram") {
          lines.push(`${name}${braces(labels)} ${series.value}`);
          continue;
        }
        family.bounds.forEach((bound, i) => {
          lines.push(`${name}_bucket${braces(join(labels, `le="${bound}"`))} ${series.buckets?.[i] ?? 0}`);
        });
        lines.push(`${name}_bucket${braces(join(labels, 'le="+Inf"'))} ${series.value}`);
        lines.push(`${name}_sum${braces(labels)} ${series.sum ?? 0}`, `${name}_count${braces(labels)} ${series.value}`);
      }
    }
    return lines.join("\n") + "\n";
  }

  #family(name: string, kind: Family["kind"], help: string, bounds: readonly number[] = []): Family {
    const known = this.#families.get(name);
    if (known) return known;
    const family: Family = { kind, help, bounds, series: new Map() };
    this.#families.set(name, family);
    return family;
  }

  #series(family: Family, labels: Labels = {}): Series {
    const key = Object.entries({ ...this.constant, ...labels }).map(([k, v]) => `${k}="${escape(v)}"`).join(",");
    let series = family.series.get(key);
    if (!series) family.series.set(key, series = { value: 0 });
    return series;
  }
}

/** Several expositions as one: each family's help and type once, its series together. */
export function mergeExpositions(texts: readonly string[]): string {
  const families = new Map<string, { head: string[]; series: string[] }>();
  for (const text of texts) {
    let current: { head: string[]; series: string[] } | undefined;
    for (const line of text.split("\n")) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (name !== undefined) {
        current = families.get(name);
        if (!current) families.set(name, current = { head: [], series: [] });
        if (!current.head.includes(line) && current.head.length < 2) current.head.push(line);
      } else if (line !== "") {
        current?.series.push(line);
      }
    }
  }
  return [...families.values()].flatMap(({ head, series }) => [...head, ...series]).join("\n") + "\n";
}

const braces = (labels: string) => labels ? `{${labels}}` : "";
const join = (a: string, b: string) => a ? `${a},${b}` : b;
const escape = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
