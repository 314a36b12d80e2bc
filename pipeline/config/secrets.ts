/**
 * The secrets inside a configuration: where they are, and a copy of the configuration without them.
 */
import type { PipelineConfig } from "./config.ts";
import type { Source } from "./sources.ts";

/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

const KAFKA_SECRETS = [
  "password",
  "kerberos_keytab",
  "client_key",
  "oauth_client_secret",
  "aws_secret_access_key",
  "aws_session_token",
] as const;
const REGISTRY_SECRETS = ["api_key", "api_secret"] as const;

export interface Secret {
  /** Location in the configuration, such as `sink.connection_params.password`. */
  readonly path: string;
  readonly value: string;
}

/** Every secret that is set. */
export function secretsOf(config: PipelineConfig): Secret[] {
  const secrets: Secret[] = [];
  config.sources.forEach((source, i) => {
    if (source.type !== "kafka") return;
    for (const name of KAFKA_SECRETS) {
      secrets.push({ path: `sources[${i}].connection_params.${name}`, value: source.connection_params[name] });
    }
    for (const name of REGISTRY_SECRETS) {
      secrets.push({ path: `sources[${i}].schema_registry.${name}`, value: source.schema_registry?.[name] ?? "" });
    }
  });
  secrets.push({ path: "sink.connection_params.password", value: config.sink.connection_params.password });
  return secrets.filter(({ value }) => value !== "");
}

/** A copy that may be logged. */
export function redact(config: PipelineConfig): PipelineConfig {
  const { sink } = config;
  return {
    ...config,
    sources: config.sources.map(redactSource),
    sink: { ...sink, connection_params: hide(sink.connection_params, ["password"]) },
  };
}

function redactSource(source: Source): Source {
  if (source.type !== "kafka") return source;
  const { schema_registry, connection_params } = source;
  return {
    ...source,
    connection_params: hide(connection_params, KAFKA_SECRETS),
    ...(schema_registry && { schema_registry: hide(schema_registry, REGISTRY_SECRETS) }),
  };
}

function hide<T extends object>(value: T, names: readonly (keyof T)[]): T {
  const hidden = names.filter((name) => value[name] !== "").map((name) => [name, REDACTED]);
  return { ...value, ...Object.fromEntries(hidden) };
}
