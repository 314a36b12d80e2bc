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
  /** How long NATS and the catalog's database may take to answer at the start. */
  readonly dependencyWaitMs: number;
  /** Whether the processes send their own logs to this system's receiver. */
  readonly ownLogs: boolean;
}

export class BadSetting extends Error {
  override readonly name = "BadSetting";
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** @throws {BadSetting} with what the variable takes; never shows its value, which may hold a password */
export function settingsFromEnvironment(env: (name: string) => string | undefined): SystemSettings {
  // An empty variable is one that is not set.
  const text = (name: string) => env(name)?.trim() || undefined;
  const port = (name: string, fallback: number) => {
    const value = Number(text(name) ?? fallback);
    if (!Number.isInteger(value) || value < 1 || value > 65_535) {
      throw new BadSetting(`${name} must be a port number from 1 to 65535`);
    }
    return value;
  };
  const choice = <T extends string>(name: string, fallback: T, choices: readonly T[]): T => {
    const value = text(name) ?? fallback;
    const found = choices.find((each) => each === value);
    if (!found) throw new BadSetting(`${name} must be one of ${choices.join(", ")}`);
    return found;
  };
  const address = (name: string, schemes: readonly string[], example: string) => {
    const value = text(name);
    if (value === undefined) return null;
    const scheme = URL.parse(value)?.protocol ?? "";
    if (!schemes.includes(scheme)) throw new BadSetting(`${name} must be an address such as ${example}`);
    return value;
  };
  const clickhouseUrl = address("GLASSFLOW_CLICKHOUSE_URL", ["http:", "https:"], "http://clickhouse:8123");
  const clickhousePassword = text("GLASSFLOW_CLICKHOUSE_PASSWORD") ?? "";
  return {
    dataDir: text("GLASSFLOW_DATA_DIR") ?? join(Deno.cwd(), ".glassflow"),
    hostname: text("GLASSFLOW_HOST") ?? "127.0.0.1",
    apiPorts: [port("GLASSFLOW_API_PORT", 8081), port("GLASSFLOW_SDK_PORT", 8080)],
    otlpPort: port("GLASSFLOW_OTLP_PORT", 4318),
    natsPort: port("GLASSFLOW_NATS_PORT", 4222),
    clickhousePort: port("GLASSFLOW_CLICKHOUSE_PORT", 8123),
    natsUrl: natsServers(text("GLASSFLOW_NATS_URL")),
    databaseUrl: address(
      "GLASSFLOW_DATABASE_URL",
      ["postgres:", "postgresql:"],
      "postgres://user:password@host/database",
    ),
    clickhouseUrl,
    clickhouseUser: text("GLASSFLOW_CLICKHOUSE_USER") ?? "default",
    clickhousePassword,
    natsProfile: choice("GLASSFLOW_NATS_PROFILE", "durable", ["durable", "fast"]),
    logLevel: choice("GLASSFLOW_LOG_LEVEL", "info", LOG_LEVELS),
    streamMaxBytes: 256 << 20,
    directoryTtlMs: 2_000,
    dependencyWaitMs: 60_000,
    // A sink needs a password: without one for somebody else's ClickHouse the system's own logs stay out of it.
    ownLogs: choice("GLASSFLOW_OWN_LOGS", "true", ["true", "false"]) === "true" &&
      (clickhouseUrl === null || clickhousePassword !== ""),
  };
}

/** One or more servers, comma separated, each `nats://host:port`, `tls://host:port` or `host:port`. */
function natsServers(text: string | undefined): string | null {
  if (text === undefined) return null;
  for (const server of text.split(",")) {
    const url = URL.parse(server.includes("://") ? server : `nats://${server}`);
    if (!url || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") {
      throw new BadSetting("GLASSFLOW_NATS_URL must be an address such as nats://nats:4222, or several with commas");
    }
  }
  return text;
}
