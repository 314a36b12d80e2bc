/** Runs a suite by its name. */
import type { Report, Suite } from "./suite.ts";

/** Every suite there is: a folder of data files with a module of its name. */
export function suiteNames(): string[] {
  const entries = [...Deno.readDirSync(new URL("./", import.meta.url))];
  const modules = new Set(entries.map(({ name }) => name));
  return entries.filter(({ name, isDirectory }) => isDirectory && modules.has(`${name}.ts`)).map(({ name }) => name)
    .sort();
}

/** @throws {RangeError} when there is no suite of this name */
export async function runSuite(name: string, files: readonly string[] = []): Promise<Report> {
  if (!suiteNames().includes(name)) throw new RangeError(`no suite ${name}; there is ${suiteNames().join(", ")}`);
  const { suite }: { suite: Suite } = await import(`./${name}.ts`);
  return await suite.run(files);
}
