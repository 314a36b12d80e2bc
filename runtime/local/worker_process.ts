/**
 * One replica of a stage as a sandboxed child process: started, watched, started again after a back-off when it fails,
 * drained with SIGTERM. It never outlives this process.
 */
import { fileURLToPath } from "node:url";
import { FAILPOINT_LINE } from "../failpoint.ts";
import type { Log } from "../log.ts";
import { type Child, type ExitStatus, spawnChild } from "../services/process.ts";
import { freePort } from "../services/ports.ts";
import type { WorkerSettings } from "../stage.ts";
import { EXIT, SETTINGS_VARIABLE, STATUS_LINE, type WorkerStatus, worst } from "../worker/protocol.ts";
import { workerPermissions } from "./permissions.ts";

export interface WorkerSpec {
  readonly settings: Omit<WorkerSettings, "httpPort" | "failpoints">;
  readonly stateful: boolean;
  /** Further environment, e.g. of the OpenTelemetry exporter. */
  readonly env?: Readonly<Record<string, string>>;
  /** Tests: failpoints of the n-th start (0 = the first). */
  readonly failpoints?: (start: number) => Readonly<Record<string, number>>;
  /** Asked before each start: further addresses that the worker may connect to. */
  readonly brokers?: () => Promise<readonly string[]>;
  readonly onStatus: () => void;
  /** Tests: a failpoint was reached and the process killed there. */
  readonly onFailpoint?: (name: string) => void;
}

const MAX_BACKOFF_MS = 10_000;
const DRAIN_MS = 20_000;

export class WorkerProcess {
  readonly #parts = new Map<string, WorkerStatus>();
  #child: Child | null = null;
  #stopping = false;
  #starts = 0;
  /** Killed at a failpoint: starts again at once, for a test that kills it often. */
  #atFailpoint = false;
  #loop: Promise<void> | null = null;
  #wake: () => void = () => {};
  httpPort = 0;

  constructor(readonly spec: WorkerSpec, readonly log: Log) {}

  get name(): string {
    return `${this.spec.settings.stage}-${this.spec.settings.replica}`;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** The worst of its parts; `starting` until it says something. */
  get status(): WorkerStatus {
    return worst(this.#parts.values()) ?? { part: "worker", state: "starting" };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Lets it finish what it holds; kills it when that takes too long. Resolves when it is gone. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#child?.stop();
    await this.#loop;
  }

  /** SIGKILL, and no new start. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#child?.kill();
    await this.#loop;
  }

  async #run(): Promise<void> {
    for (let backoff = 100; !this.#stopping;) {
      const began = performance.now();
      const { code, signal } = await this.#once();
      if (this.#stopping) return;
      this.log.warn({ worker: this.name, code, signal, lines: this.#child?.lines().slice(-3) }, "a worker ended");
      if (code === EXIT.unusable) {
        this.#report({
          part: "worker",
          state: "blocked",
          reason: `${this.name} cannot load its bundle, which was changed or removed: stop and resume the pipeline, ` +
            "then it is made again",
        });
        return;
      }
      if (this.#atFailpoint) continue;
      if (performance.now() - began > 30_000) backoff = 100;
      await this.#pause(backoff);
      backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
    }
  }

  async #once(): Promise<ExitStatus> {
    const { spec } = this;
    this.httpPort = freePort();
    const settings: WorkerSettings = {
      ...spec.settings,
      httpPort: this.httpPort,
      failpoints: spec.failpoints?.(this.#starts) ?? {},
    };
    this.#starts++;
    this.#atFailpoint = false;
    this.#parts.clear();
    const brokers = await spec.brokers?.() ?? [];
    const main = fileURLToPath(new URL("../worker/main.ts", import.meta.url));
    const child = spawnChild({
      name: this.name,
      command: Deno.execPath(),
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        "--quiet",
        ...workerPermissions(settings, spec.stateful, brokers),
        main,
      ],
      env: {
        ...spec.env,
        [SETTINGS_VARIABLE]: JSON.stringify(settings),
        NO_COLOR: "1",
        HOME: Deno.env.get("HOME") ?? "/",
        ...(Deno.env.get("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
      },
      clearEnv: true,
      stopTimeoutMs: DRAIN_MS,
      onLine: (line, stream) => this.#line(child, line, stream),
    });
    this.#child = child;
    return await child.exited;
  }

  #line(child: Child, line: string, stream: "stdout" | "stderr"): void {
    if (stream === "stdout" && line.startsWith(STATUS_LINE)) {
      this.#report(JSON.parse(line.slice(STATUS_LINE.length)) as WorkerStatus);
    } else if (stream === "stdout" && line.startsWith(FAILPOINT_LINE)) {
      child.signal("SIGKILL");
      this.#atFailpoint = true;
      this.spec.onFailpoint?.(line.slice(FAILPOINT_LINE.length).trim());
    } else if (line) {
      Deno.stderr.writeSync(encoder.encode(line + "\n"));
    }
  }

  #report(status: WorkerStatus): void {
    this.#parts.set(status.part, status);
    this.spec.onStatus();
  }

  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((wake) => {
      this.#wake = wake;
      timer = setTimeout(wake, ms);
    });
    clearTimeout(timer);
  }
}

const encoder = new TextEncoder();
