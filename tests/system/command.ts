/**
 * The product as a person starts it: a process of its own with its own ports and data directory, told by environment
 * variables, asked to end by signals. What it leaves behind is known.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { freePort } from "../../runtime/services/ports.ts";
import { readLines } from "../../runtime/services/log_tail.ts";
import { descendants, stillRunning } from "./processes.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How a person may start it. */
export const DENO = [Deno.execPath(), "run", "-A", "--no-check", "cli/main.ts", "start"];
export const LAUNCHER = ["node", "tools/run.mjs", "start"];
export const NPM = ["npm", "start", "--silent", "--"];

/** How long a check, or an orderly stop on a busy machine, may take. */
const PATIENCE_MS = 40_000;

/** Ports and data of one installation. */
export interface Place {
  readonly dataDir: string;
  readonly ports: { readonly api: number; readonly otlp: number; readonly clickhouse: number };
  readonly env: Readonly<Record<string, string>>;
}

export async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "glassflow-command-" });
  const dataDir = join(folder, "data");
  const ports = { api: freePort(), otlp: freePort(), clickhouse: freePort() };
  const env = {
    GLASSFLOW_DATA_DIR: dataDir,
    GLASSFLOW_API_PORT: `${ports.api}`,
    GLASSFLOW_SDK_PORT: `${freePort()}`,
    GLASSFLOW_OTLP_PORT: `${ports.otlp}`,
    GLASSFLOW_NATS_PORT: `${freePort()}`,
    GLASSFLOW_CLICKHOUSE_PORT: `${ports.clickhouse}`,
    NO_COLOR: "1",
  };
  try {
    await use({ dataDir, ports, env });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export class Command {
  readonly #child: Deno.ChildProcess;
  readonly #before = descendants(Deno.pid);
  readonly #output: Promise<unknown>;
  #processes: ReadonlySet<string> = new Set();
  readonly #heard = new Set<() => void>();
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  #code: number | null = null;

  constructor([program, ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = new Deno.Command(program, {
      args,
      cwd: ROOT,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const read = (from: "stdout" | "stderr") =>
      readLines(this.#child[from], (line) => {
        this[from].push(line);
        this.#wake();
      });
    const ended = this.#child.status.then(({ code }) => {
      this.#code = code;
      this.#wake();
    });
    this.#output = Promise.all([read("stdout"), read("stderr"), ended]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits until it has said this; fails when it ends before. */
  async says(what: string): Promise<void> {
    for (;;) {
      if ([...this.stderr, ...this.stdout].some((line) => line.includes(what))) return;
      assert.equal(this.#code, null, `it ended before it said "${what}":\n${this.stderr.join("\n")}`);
      await new Promise<void>((wake) => this.#heard.add(wake));
    }
  }

  /** Its exit code, once its output is read to the end. */
  async ends(): Promise<number> {
    await this.#output;
    return this.#code!;
  }

  /** Does `act`, after which neither it nor anything it started may run for long; gives its exit code. */
  async endsAfter(act: () => void): Promise<number> {
    this.#processes = (await descendants(Deno.pid)).difference(await this.#before);
    act();
    // A killed parent leaves its children to themselves for as long as an orderly stop takes.
    assert.deepEqual(await stillRunning(this.#processes, PATIENCE_MS), [], "no process outlives it");
    return await this.ends();
  }

  /** Whatever a failed test has left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#code === null) this.#child.kill("SIGKILL");
    for (const left of await stillRunning(this.#processes, 0)) Deno.kill(Number.parseInt(left), "SIGKILL");
    await this.#output;
  }

  #wake(): void {
    for (const wake of this.#heard) wake();
    this.#heard.clear();
  }
}

/** A server that takes connections and says nothing, as one behind a broken network does. */
export function silentServer(): { readonly port: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of connections) connection.close();
    },
  };
}
