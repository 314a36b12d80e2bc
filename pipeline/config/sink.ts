/**
 * The `sink` object: the ClickHouse table and how records become its rows.
 */
import { z } from "zod";
import { isKnownColumnType } from "./column_type.ts";
import { type Problems, quote } from "./config_error.ts";
import { Duration } from "./duration.ts";
import { type FieldRef, fieldResolver } from "./field_ref.ts";
import type { FieldDecl } from "./field_type.ts";
import { isHost, isPort } from "./target_host.ts";
import { choice, durationText, filled, flag, integer, optional, required, rule, text } from "./wire.ts";

export const DEFAULT_MAX_BATCH_SIZE = 1000;
export const DEFAULT_MAX_DELAY = Duration.parse("60s");

const blankable = (name: string) => `connection_params.${name} must not be blank`;
const host = rule(
  filled(text, blankable("host")),
  (host) => host.trim() === "" || isHost(host.trim()),
  "connection_params.host must be a host name or address alone, without scheme, port or path",
);
const httpPort = rule(
  text,
  (port) => port.trim() === "" || isPort(port.trim()),
  "connection_params.http_port must be a port number from 1 to 65535",
  { pattern: "^\\s*(?:\\d{1,5})?\\s*$" },
);
const batchSize = rule(integer, (rows) => rows >= 1, "max_batch_size must be at least 1", { minimum: 1 });

/** ClickHouse keeps a table's or column's name as a file name. */
const name = text.max(255);
/** They travel in request headers. */
const LONGEST_CREDENTIAL = 4_096;

export const sinkSchema = z.strictObject({
  type: required(
    choice(["clickhouse"], "unsupported sink type; use clickhouse", { blank: true }),
    "Always clickhouse.",
  ),
  connection_params: required(
    z.strictObject({
      host: required(host, "Host name or address of the server."),
      port: required(filled(text, blankable("port")), "Port of the native protocol, as text."),
      http_port: optional(httpPort, "Port of the HTTP interface, as text.", { default: "" }),
      database: required(filled(name, blankable("database")), "Database of the table."),
      username: required(filled(text.max(LONGEST_CREDENTIAL), blankable("username")), "User name."),
      password: required(
        rule(
          text.max(LONGEST_CREDENTIAL),
          (password) => password !== "",
          "connection_params.password must not be empty",
          {
            minLength: 1,
          },
        ),
        "Password in plain text; must not be empty.",
        { secret: true },
      ),
      secure: optional(flag, "Use TLS.", { default: false }),
      skip_certificate_verification: optional(flag, "Accept any server certificate. For tests only.", {
        default: false,
      }),
    }),
    "How to reach the server.",
  ),
  table: required(filled(name, "table must not be blank"), "Table to insert into."),
  max_batch_size: optional(batchSize, "Rows per insert at most; at least 1.", { default: DEFAULT_MAX_BATCH_SIZE }),
  max_delay_time: optional(durationText, "Longest wait before an incomplete batch is inserted; 0s means 60s.", {
    default: "60s",
  }),
  mapping: optional(
    z.array(z.strictObject({
      name: required(
        filled(text, "name must not be blank"),
        "Field, or `map.key`, or `map['key']`, of the records that reach the sink.",
      ),
      column_name: required(filled(name, "column_name must not be blank"), "Column of the table."),
      column_type: required(text, "ClickHouse type of the column."),
    })),
    "Which field goes to which column.",
  ),
  source_id: optional(text, "Accepted for compatibility and ignored."),
});

export interface SinkConnection {
  readonly host: string;
  readonly port: string;
  readonly http_port: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly secure: boolean;
  readonly skip_certificate_verification: boolean;
}

export interface SinkMapping {
  readonly name: string;
  readonly column_name: string;
  readonly column_type: string;
  /** What `name` stands for in the feeding schema. */
  readonly ref: FieldRef;
}

export interface SinkConfig {
  readonly type: "clickhouse";
  readonly connection_params: SinkConnection;
  readonly table: string;
  readonly max_batch_size: number;
  readonly max_delay_time: Duration;
  readonly mapping: readonly SinkMapping[];
}

type Wire = z.infer<typeof sinkSchema>;

/** The schema a sink is fed from; absent while it is unknown because of earlier findings. */
export interface Feed {
  /** What is wrong with a field that is not one of them. */
  readonly lacks: string;
  readonly fields: readonly FieldDecl[];
}

export function readSink(wire: Wire, feed: Feed | undefined, problems: Problems): SinkConfig {
  const params = wire.connection_params;
  const batch = wire.max_batch_size ?? DEFAULT_MAX_BATCH_SIZE;
  const delay = wire.max_delay_time ? Duration.parse(wire.max_delay_time) : DEFAULT_MAX_DELAY;
  return {
    type: "clickhouse",
    connection_params: {
      host: params.host.trim(),
      port: params.port,
      http_port: params.http_port?.trim() ?? "",
      database: params.database,
      username: params.username,
      password: params.password,
      secure: params.secure ?? false,
      skip_certificate_verification: params.skip_certificate_verification ?? false,
    },
    table: wire.table,
    max_batch_size: batch,
    max_delay_time: delay.isZero() ? DEFAULT_MAX_DELAY : delay,
    mapping: readMapping(wire, feed, problems),
  };
}

function readMapping(wire: Wire, feed: Feed | undefined, problems: Problems): SinkMapping[] {
  const columns = new Set<string>();
  const resolve = feed && fieldResolver(feed.fields);
  return (wire.mapping ?? []).map(({ name, column_name, column_type }, i) => {
    const at = `body.sink.mapping[${i}]`;
    const ref = resolve?.(name);
    if (name.trim() !== "" && feed !== undefined && ref === undefined) {
      problems.add(`${at}.name`, `mapping field ${quote(name)} ${feed.lacks}`);
    }
    if (column_name.trim() !== "" && columns.has(column_name)) {
      problems.add(`${at}.column_name`, `sink mapping: column ${quote(column_name)} is mapped twice`);
    }
    columns.add(column_name);
    if (!isKnownColumnType(column_type)) {
      problems.add(
        `${at}.column_type`,
        `field ${quote(name)} (column ${quote(column_name)}): unsupported ClickHouse column type: ${
          quote(column_type)
        }`,
      );
    }
    return { name, column_name, column_type: column_type.trim(), ref: ref ?? { field: name } };
  });
}
