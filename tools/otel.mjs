/** How the system's processes send their own logs: Deno's built-in OpenTelemetry exporter, told by its environment. */

/** The pipeline that takes them. */
export const OWN_LOGS_PIPELINE = "glassflow-logs";

/**
 * Whether there is such a pipeline. A sink needs a password: without one for somebody else's ClickHouse the system's own
 * logs stay out of it.
 * @param {(name: string) => string | undefined} env
 */
export function ownLogsWanted(env) {
  const text = (name) => env(name)?.trim() ?? "";
  if (text("GLASSFLOW_OWN_LOGS") === "false") return false;
  return text("GLASSFLOW_CLICKHOUSE_URL") === "" || text("GLASSFLOW_CLICKHOUSE_PASSWORD") !== "";
}

/**
 * Where this machine reaches what listens on `hostname`, as it stands in a URL.
 * @param {string} hostname
 */
export function reachable(hostname) {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  if (hostname === "::") return "[::1]";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/**
 * Environment of a process whose console goes to that pipeline. Only logs: the receiver takes nothing else yet.
 * @param {string} otlpUrl
 * @param {string} service its name in telemetry
 * @returns {Record<string, string>}
 */
export function otelEnvironment(otlpUrl, service) {
  return {
    OTEL_DENO: "true",
    OTEL_SERVICE_NAME: service,
    OTEL_TRACES_EXPORTER: "none",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
    OTEL_EXPORTER_OTLP_HEADERS: `x-glassflow-pipeline-id=${OWN_LOGS_PIPELINE}`,
    OTEL_BLRP_SCHEDULE_DELAY: "1000",
  };
}
