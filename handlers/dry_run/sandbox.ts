/**
 * Runs a job in a process of its own, which has no permission at all, a bounded heap, a bounded share of the CPU and a
 * deadline. Whatever a user's expression does there, the API goes on: a process that takes too long is killed, and so is
 * one that outlives the API.
 */
import { fileURLToPath } from "node:url";
import { DONE, type Job, type Outcome, REFUSED } from "./job.ts";

export interface SandboxLimits {
  /** From the start of the process to its answer. */
  readonly deadlineMs: number;
  /** Size of the JavaScript heap. */
  readonly heapMiB: number;
  /** Jobs at the same time. */
  readonly running: number;
  /** Jobs that may wait for their turn, and for how long; others are turned away. */
  readonly waiting: number;
  readonly waitMs: number;
}

export const DEFAULT_LIMITS: SandboxLimits = {
  deadlineMs: 5_000,
  heapMiB: 256,
  running: 2,
  waiting: 16,
  waitMs: 5_000,
};

/** Too many jobs wait already; the client may try again. */
export class SandboxBusy extends Error {
  override readonly name = "SandboxBusy";
}

const BUSY = "too many expressions are being tried out; try again";

/** The process could not be started, or ended without an answer and not by one of its limits. */
export class SandboxBroken extends Error {
  override readonly name = "SandboxBroken";
}

const MAIN = fileURLToPath(new URL("sandbox_main.ts", import.meta.url));
/** The kernel ends a process that has used this many CPU seconds, should nobody be left to do it. */
const SHELL = ["/bin/sh", "-c", 'ulimit -t "$0"; exec "$@"'] as const;

export class Sandbox {
  readonly limits: SandboxLimits;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(limits: Partial<SandboxLimits> = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** @throws {SandboxBusy} @throws {SandboxBroken} */
  async run(job: Job): Promise<Outcome> {
    await this.#turn();
    try {
      return await this.#once(job);
    } finally {
      this.#done();
    }
  }

  async #turn(): Promise<void> {
    const { running, waiting, waitMs } = this.limits;
    if (this.#running < running) {
      this.#running++;
      return;
    }
    if (this.#queue.length >= waiting) throw new SandboxBusy(BUSY);
    await new Promise<void>((go, giveUp) => {
      const turn = () => {
        clearTimeout(timer);
        go();
      };
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(turn), 1);
        giveUp(new SandboxBusy(BUSY));
      }, waitMs);
      this.#queue.push(turn);
    });
  }

  /** The next one's turn, or a free place. */
  #done(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#running--;
  }

  async #once(job: Job): Promise<Outcome> {
    const { deadlineMs, heapMiB } = this.limits;
    const child = this.#spawn();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill(child);
    }, deadlineMs);
    try {
      const sent = send(child, JSON.stringify(job));
      const [{ stdout, stderr, code, signal }] = await Promise.all([child.output(), sent]);
      if (late) {
        return refused(`it took longer than ${deadlineMs} ms: an expression costs too much, or send fewer events`);
      }
      const text = new TextDecoder().decode(stdout);
      if (code === 0 && text.startsWith(DONE)) return { kind: "done", json: text.slice(DONE.length) };
      if (code === 0 && text.startsWith(REFUSED)) return refused(text.slice(REFUSED.length));
      // What V8 does when the heap is full; the kernel's limits end in signals too.
      if (signal !== null || code > 128) {
        return refused(
          `it needed more than ${heapMiB} MiB of memory: an expression makes too much, or send fewer events`,
        );
      }
      throw new SandboxBroken(`the process that tries out expressions ended with code ${code}`, {
        cause: new TextDecoder().decode(stderr.subarray(0, 2_000)),
      });
    } finally {
      clearTimeout(timer);
      kill(child);
    }
  }

  #spawn(): Deno.ChildProcess {
    const { deadlineMs, heapMiB } = this.limits;
    const [shell, ...args] = SHELL;
    try {
      return new Deno.Command(shell, {
        args: [
          ...args,
          String(Math.ceil(deadlineMs / 1000) * 2),
          Deno.execPath(),
          "run",
          "--no-prompt",
          "--no-check",
          "--no-remote",
          "--quiet",
          `--v8-flags=--max-old-space-size=${heapMiB}`,
          MAIN,
        ],
        env: {
          NO_COLOR: "1",
          HOME: Deno.env.get("HOME") ?? "/",
          ...(Deno.env.get("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
        },
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (cause) {
      throw new SandboxBroken("the process that tries out expressions could not be started", { cause });
    }
  }
}

function refused(reason: string): Outcome {
  return { kind: "refused", reason };
}

/** One that has ended already is no matter. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A process that ends early does not read to the end; its exit says why. */
async function send(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
