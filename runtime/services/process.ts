/**
 * Child processes that do not outlive us: servers (nats-server, postgres, the embedded ClickHouse) and workers.
 *
 * - The child's last output lines are kept, and every error about the child shows them.
 * - `stop` sends SIGTERM, waits, then SIGKILL; after it returns the process is gone.
 * - When this process dies, however it dies, the child gets SIGTERM, and SIGKILL when it does not leave. A small shell
 *   stands watch: it holds the reading end of a pipe whose writing end only we have. The shell then *becomes* the child
 *   (`exec`), so `pid` and signals are the child's own.
 * - The child runs in a session of its own: Ctrl-C in a terminal reaches us only, and we stop children in our order.
 */
import { LogTail, readLines } from "./log_tail.ts";

export interface SpawnOptions {
  /** What messages call the child: "nats-server". */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Secrets travel here, never in `args`, which every user of the machine can read. */
  readonly env?: Readonly<Record<string, string>>;
  /** Start from an empty environment. */
  readonly clearEnv?: boolean;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Output lines kept for messages. Default 50. */
  readonly keepLines?: number;
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** What `stop` sends first. Default SIGTERM. */
  readonly stopSignal?: Deno.Signal;
  /** How long `stop` waits after SIGTERM before SIGKILL. Default 10 s. */
  readonly stopTimeoutMs?: number;
}

export interface ExitStatus {
  readonly code: number;
  readonly signal: string | null;
}

export interface ReadyOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** The command could not be started at all. */
export class ChildNotStarted extends Error {
  override readonly name = "ChildNotStarted";
}

/** The child ended while it was still being waited for. */
export class ChildExited extends Error {
  override readonly name = "ChildExited";
  readonly status: ExitStatus;
  readonly lines: readonly string[];
  constructor(child: string, status: ExitStatus, lines: readonly string[]) {
    const how = status.signal === null ? `with code ${status.code}` : `by ${status.signal}`;
    super(`${child} ended ${how} before it was ready${shown(lines)}`);
    this.status = status;
    this.lines = lines;
  }
}

/** The child runs but did not become ready in time. */
export class ChildNotReady extends Error {
  override readonly name = "ChildNotReady";
}

const SHELL = "/bin/sh";
const WATCH = `exec 3<&0 </dev/null
{ exec >/dev/null 2>&1; trap '' INT TERM HUP
  read -r released <&3 || {
    kill -TERM $$; n=0
    while kill -0 $$ && [ $n -lt 10 ]; do sleep 1; n=$((n+1)); done
    kill -KILL $$
  }
} &
exec "$@" 3<&-`;

export class Child {
  readonly name: string;
  readonly pid: number;
  /** Settles when the child has ended and all its output has been read. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  readonly #process: Deno.ChildProcess;
  readonly #tail: LogTail;
  readonly #stopTimeoutMs: number;
  readonly #stopSignal: Deno.Signal;
  #status: ExitStatus | undefined;

  constructor(options: SpawnOptions) {
    this.name = options.name;
    this.#tail = new LogTail(options.keepLines ?? 50);
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 10_000;
    this.#stopSignal = options.stopSignal ?? "SIGTERM";
    try {
      this.#process = new Deno.Command(SHELL, {
        args: ["-c", WATCH, SHELL, options.command, ...options.args ?? []],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        detached: true,
        env: options.env,
        clearEnv: options.clearEnv,
        cwd: options.cwd,
        uid: options.uid,
        gid: options.gid,
      }).spawn();
    } catch (cause) {
      throw new ChildNotStarted(`${options.name} could not be started: ${messageOf(cause)}`, { cause });
    }
    this.pid = this.#process.pid;
    this.exited = this.#watch(options.onLine);
  }

  /** Undefined while the child runs. */
  get status(): ExitStatus | undefined {
    return this.#status;
  }

  /** The last output lines, oldest first, both streams mixed. */
  lines(): string[] {
    return this.#tail.lines();
  }

  /**
   * Calls `probe` until it gives a value other than undefined, and returns it. A probe that throws counts as not yet.
   * Throws ChildExited at once when the child ends, ChildNotReady after the deadline (the child then still runs).
   */
  async ready<T>(probe: () => Promise<T | undefined>, options: ReadyOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? 30_000;
    const deadline = performance.now() + timeoutMs;
    let last: unknown;
    for (;;) {
      try {
        // A probe may hang, such as on somebody else's port; the child's end is not missed for it.
        const value = await Promise.race([probe(), this.exited.then(() => undefined)]);
        if (value !== undefined && this.#status === undefined) return value;
      } catch (error) {
        last = error;
      }
      await waitAtMost(this.exited, options.intervalMs ?? 20);
      if (this.#status !== undefined) throw new ChildExited(this.name, this.#status, this.lines());
      if (performance.now() >= deadline) {
        const why = last === undefined ? "" : ` (last answer: ${messageOf(last)})`;
        throw new ChildNotReady(`${this.name} was not ready after ${timeoutMs} ms${why}${shown(this.lines())}`, {
          cause: last,
        });
      }
    }
  }

  /** Asks the child to end and waits; kills it when it does not. Safe to call twice. */
  async stop(): Promise<ExitStatus> {
    this.signal(this.#stopSignal);
    await waitAtMost(this.exited, this.#stopTimeoutMs);
    return await this.kill();
  }

  /** SIGKILL, as a crash would be; waits until the process is gone. */
  async kill(): Promise<ExitStatus> {
    this.signal("SIGKILL");
    return await this.exited;
  }

  /** Sends a signal; does nothing when the child has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#status !== undefined) return;
    try {
      this.#process.kill(signal);
    } catch (error) {
      // The child ended between the check and the signal: what was asked for has happened.
      if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
    }
  }

  async #watch(onLine: SpawnOptions["onLine"]): Promise<ExitStatus> {
    const read = (stream: "stdout" | "stderr") =>
      readLines(this.#process[stream], (line) => {
        this.#tail.push(line);
        onLine?.(line, stream);
      });
    const output = Promise.allSettled([read("stdout"), read("stderr")]);
    const { code, signal } = await this.#process.status;
    // Tell the watching shell that there is nothing left to end: the pid may belong to somebody else from here on.
    // Writing fails only when the shell itself is gone, and then there is nobody to tell.
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode("released\n")).then(() => writer.close()).catch(() => {});
    // A grandchild may hold the output open for ever; what it says is not ours to wait for.
    await waitAtMost(output, 1000);
    this.#status = { code, signal };
    return this.#status;
  }
}

/** Starts a child process. */
export function spawnChild(options: SpawnOptions): Child {
  return new Child(options);
}

async function waitAtMost(event: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([event, late.promise]);
  clearTimeout(timer);
}

function shown(lines: readonly string[]): string {
  return lines.length === 0 ? "; it said nothing" : `; its last lines:\n  ${lines.slice(-15).join("\n  ")}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
