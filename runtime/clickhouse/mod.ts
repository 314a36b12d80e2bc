/** Starting the embedded ClickHouse as a child process. */
import { fileURLToPath } from "node:url";
import { answersAs } from "../services/instance.ts";
import { freePort, portIsFree } from "../services/ports.ts";
import { type Child, spawnChild } from "../services/process.ts";

export interface EmbeddedClickHouseOptions {
  /** Made when missing. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly user: string;
  readonly password: string;
  readonly concurrency?: number;
  readonly maxBodyBytes?: number;
  readonly maxResultBytes?: number;
  readonly onLine?: (line: string) => void;
}

export interface EmbeddedClickHouse {
  /** `http://127.0.0.1:<port>`, without credentials. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Child["exited"];
  lines(): string[];
  /** Finishes what runs, then ends. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would be. */
  kill(): Promise<void>;
}

/** The port is taken. */
export class ClickHousePortInUse extends Error {
  override readonly name = "ClickHousePortInUse";
}

/** Starts the server and waits until it answers. Throws ChildExited with the server's own words when it cannot start. */
export async function startEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse> {
  const port = options.port ?? freePort();
  if (!portIsFree(port)) {
    throw new ClickHousePortInUse(
      `port ${port} on 127.0.0.1 is in use: stop what listens there or choose another port`,
    );
  }
  const args = [
    "run",
    "--quiet",
    "--unstable-no-legacy-abort",
    "-A",
    fileURLToPath(new URL("./main.ts", import.meta.url)),
  ];
  const option = (name: string, value: string | number | undefined) => {
    if (value !== undefined) args.push(name, String(value));
  };
  option("--data", options.dataDir);
  option("--port", port);
  option("--user", options.user);
  const instance = crypto.randomUUID();
  option("--instance", instance);
  option("--concurrency", options.concurrency);
  option("--max-body-bytes", options.maxBodyBytes);
  option("--max-result-bytes", options.maxResultBytes);
  const child = spawnChild({
    name: "embedded ClickHouse",
    command: Deno.execPath(),
    args,
    env: { GLASSFLOW_EMBEDDED_CLICKHOUSE_PASSWORD: options.password },
    onLine: options.onLine,
    stopTimeoutMs: 30_000,
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await child.ready(() => answersAs(instance, `${url}/ping`), { timeoutMs: 60_000 });
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    url,
    port,
    pid: child.pid,
    exited: child.exited,
    lines: () => child.lines(),
    stop: async () => void await child.stop(),
    kill: async () => void await child.kill(),
  };
}
