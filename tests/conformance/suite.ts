/** What a conformance suite is: `<name>.ts` in this folder, beside a folder `<name>/` of data files, exports one as `suite`. */

export interface Failure {
  /** The case, short. */
  readonly name: string;
  /** What is wrong, readable. */
  readonly message: string;
}

export interface Report {
  readonly passed: number;
  readonly failures: readonly Failure[];
}

export interface Suite {
  /** `files`: more cases of the same shape, besides those of the suite. */
  run(files: readonly string[]): Report | Promise<Report>;
}

/** The JSON files of a suite's folder, in order. */
export function dataFiles(name: string): string[] {
  const folder = new URL(`${name}/`, import.meta.url);
  return [...Deno.readDirSync(folder)]
    .filter((entry) => entry.name.endsWith(".json"))
    .map((entry) => new URL(entry.name, folder).pathname)
    .sort();
}

/** A file's JSON with integers as bigint, so that none is rounded. */
export function readExact(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(path), (_key: string, value: unknown, context?: { source?: string }) => {
    const source = context?.source ?? "";
    return typeof value === "number" && /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** Made when first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
