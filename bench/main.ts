/**
 * `npm run bench -- <name>`: runs one bench and prints its figures as one line of JSON. Without a name: the list of benches;
 * with several, or `all`: one after the other, each in a process of its own, so that none runs on another's heap.
 */
import { fileURLToPath } from "node:url";
import type { Bench } from "./result.ts";

const BENCHES: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  scan: () => import("./scan.ts"),
  filter: () => import("./filter.ts"),
  transform: () => import("./transform.ts"),
  compile: () => import("./compile.ts"),
  dedup: () => import("./dedup.ts"),
  frames: () => import("./frames.ts"),
  sink: () => import("./sink.ts"),
  otlp: () => import("./otlp.ts"),
  e2e: () => import("./e2e.ts"),
  kafka: () => import("./kafka.ts"),
  kafka_clients: () => import("./kafka_clients.ts"),
};

async function main(names: readonly string[]): Promise<number> {
  const wanted = names.includes("all") ? Object.keys(BENCHES) : names;
  const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
  if (wanted.length === 0 || unknown.length > 0) {
    for (const name of unknown) console.error(`there is no bench '${name}'`);
    console.error("usage: npm run bench -- <name…> | all\n");
    const width = Math.max(...Object.keys(BENCHES).map((name) => name.length)) + 2;
    for (const [name, load] of Object.entries(BENCHES)) {
      console.error(`  ${name.padEnd(width)}${(await load()).bench.about}`);
    }
    return unknown.length > 0 ? 2 : 0;
  }
  if (wanted.length === 1) return await runBench(wanted[0]);
  let failed = 0;
  for (const name of wanted) {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fileURLToPath(import.meta.url), name],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    if (code !== 0) failed++;
  }
  return failed === 0 ? 0 : 1;
}

async function runBench(name: string): Promise<number> {
  const { bench } = await BENCHES[name]();
  const began = performance.now();
  const result = await bench.run((text) => console.error(`${name}: ${text}`));
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  console.log(JSON.stringify({ name, ...result, seconds }));
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
