/** What `glassflow start` can be told by environment variables, with its defaults. */
import { join } from "node:path";

/** A part is either brought by the system itself or found at an address that somebody gave. */
export interface SystemSettings {
  /** Everything that outlives a start: streams, catalog, tables, state. */
  readonly dataDir: string;
  readonly hostname: string;
  /** 8081, and 8080 where the original's SDK looks. */
  readonly apiPorts: readonly number[];
  readonly otlpPort: number;
  /** Port of the embedded nats-server. */
  readonly natsPort: number;
  /** HTTP port of the embedded ClickHouse. */
  readonly clickhousePort: number;
  readonly natsUrl: string | null;
  readonly databaseUrl: string | null;
  /** Null: the embedded ClickHouse runs. */
  readonly clickhouseUrl: string | null;
  /** The account of the system's own pipeline on a ClickHouse that somebody else runs. */
  readonly clickhouseUser: string;
  readonly clickhousePassword: string;
  readonly natsProfile: "durable" | "fast";
  readonly logLevel: string;
  /** Bytes an edge may hold when a pipeline does not say. */
  readonly streamMaxBytes: number;
  readonly directoryTtlMs: number;
  /** Whether the processes send their own logs to this system's receiver. */
  readonly ownLogs: boolean;
}

export class BadSetting extends Error {
  override readonly name = "BadSetting";
}

export function settingsFromEnvironment(env: (name: string) => string | undefined): SystemSettings {
  const port = (name: string, fallback: number) => {
    const text = env(name);
    if (!text) return fallback;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new BadSetting(`${name} must be a port number`);
    return value;
  };
  const profile = env("GLASSFLOW_NATS_PROFILE") ?? "durable";
  if (profile !== "durable" && profile !== "fast") {
    throw new BadSetting("GLASSFLOW_NATS_PROFILE is `durable` or `fast`");
  }
  return {
    dataDir: env("GLASSFLOW_DATA_DIR") ?? join(Deno.cwd(), ".glassflow"),
    hostname: env("GLASSFLOW_HOST") ?? "127.0.0.1",
    apiPorts: [port("GLASSFLOW_API_PORT", 8081), port("GLASSFLOW_SDK_PORT", 8080)],
    otlpPort: port("GLASSFLOW_OTLP_PORT", 4318),
    natsPort: port("GLASSFLOW_NATS_PORT", 4222),
    clickhousePort: port("GLASSFLOW_CLICKHOUSE_PORT", 8123),
    natsUrl: env("GLASSFLOW_NATS_URL") ?? null,
    databaseUrl: env("GLASSFLOW_DATABASE_URL") ?? null,
    clickhouseUrl: env("GLASSFLOW_CLICKHOUSE_URL") ?? null,
    clickhouseUser: env("GLASSFLOW_CLICKHOUSE_USER") ?? "default",
    clickhousePassword: env("GLASSFLOW_CLICKHOUSE_PASSWORD") ?? "",
    natsProfile: profile,
    logLevel: env("GLASSFLOW_LOG_LEVEL") ?? "info",
    streamMaxBytes: 1 << 30,
    directoryTtlMs: 2_000,
    // A sink needs a password: without one for somebody else's ClickHouse the system's own logs stay out of it.
    ownLogs: env("GLASSFLOW_OWN_LOGS") !== "false" &&
      (!env("GLASSFLOW_CLICKHOUSE_URL") || Boolean(env("GLASSFLOW_CLICKHOUSE_PASSWORD"))),
  };
}
