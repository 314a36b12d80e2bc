/** What `glassflow start` can be told by environment variables, with its defaults. */
import { resolve } from "node:path";
import { freePort } from "../runtime/services/ports.ts";
import { isHost } from "../pipeline/config/mod.ts";
import { KAFKA_CLIENTS, type KafkaClientName } from "../runtime/kafka/source.ts";
import { ownLogsWanted } from "../tools/otel.mjs";
import { isClickHouseUrl, isNatsUrl, isPostgresUrl } from "./addresses.ts";

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
  /** Reads Kafka sources. */
  readonly kafkaClient: KafkaClientName;
  /** A Kafka that the check may use: its pipelines then read topics, too. */
  readonly checkBrokers: readonly string[];
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
  const checked = (name: string, isRight: (text: string) => boolean, what: string) => {
    const value = text(name);
    if (value !== undefined && !isRight(value)) throw new BadSetting(`${name} must be ${what}`);
    return value ?? null;
  };
  // Deno's permissions separate paths by commas.
  const dataDir = resolve(text("GLASSFLOW_DATA_DIR") ?? ".glassflow");
  if (dataDir.includes(",")) throw new BadSetting("GLASSFLOW_DATA_DIR must be a path without commas");
  return {
    dataDir,
    hostname: (checked("GLASSFLOW_HOST", isHost, "a host name or address, such as 127.0.0.1 or 0.0.0.0") ?? "127.0.0.1")
      .replaceAll(/[[\]]/g, ""),
    apiPorts: [port("GLASSFLOW_API_PORT", 8081), port("GLASSFLOW_SDK_PORT", 8080)],
    otlpPort: port("GLASSFLOW_OTLP_PORT", 4318),
    natsPort: port("GLASSFLOW_NATS_PORT", 4222),
    clickhousePort: port("GLASSFLOW_CLICKHOUSE_PORT", 8123),
    natsUrl: checked(
      "GLASSFLOW_NATS_URL",
      isNatsUrl,
      "an address such as nats://nats:4222 or nats://user:password@nats:4222, or several with commas; " +
        "percent-encode special characters of a password",
    ),
    databaseUrl: checked(
      "GLASSFLOW_DATABASE_URL",
      isPostgresUrl,
      "an address such as postgres://user:password@host:5432/database; percent-encode special characters of a password",
    ),
    clickhouseUrl: checked(
      "GLASSFLOW_CLICKHOUSE_URL",
      isClickHouseUrl,
      "an address such as http://clickhouse:8123, without a path; " +
        "the account goes into GLASSFLOW_CLICKHOUSE_USER and GLASSFLOW_CLICKHOUSE_PASSWORD",
    ),
    clickhouseUser: text("GLASSFLOW_CLICKHOUSE_USER") ?? "default",
    clickhousePassword: env("GLASSFLOW_CLICKHOUSE_PASSWORD") ?? "",
    natsProfile: choice("GLASSFLOW_NATS_PROFILE", "durable", ["durable", "fast"]),
    logLevel: choice("GLASSFLOW_LOG_LEVEL", "info", LOG_LEVELS),
    kafkaClient: choice("GLASSFLOW_KAFKA_CLIENT", "platformatic", KAFKA_CLIENTS),
    checkBrokers: (text("GLASSFLOW_CHECK_KAFKA") ?? "").split(",").map((broker) => broker.trim()).filter(Boolean),
    streamMaxBytes: 256 << 20,
    directoryTtlMs: 2_000,
    dependencyWaitMs: 60_000,
    ownLogs: choice("GLASSFLOW_OWN_LOGS", "true", ["true", "false"]) === "true" && ownLogsWanted(env),
  };
}

/** Settings of a system that shares nothing with another one. */
export function isolatedSettings(settings: SystemSettings, dataDir: string): SystemSettings {
  return {
    ...settings,
    dataDir,
    apiPorts: [freePort(), freePort()],
    otlpPort: freePort(),
    natsPort: freePort(),
    clickhousePort: freePort(),
    // Another catalog's pipelines are not this system's to run.
    databaseUrl: null,
    directoryTtlMs: 500,
    ownLogs: false,
  };
}
