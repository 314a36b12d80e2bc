/** How the system's processes send their own logs: Deno's built-in OpenTelemetry exporter, told by its environment. */

/** The pipeline that takes them. */
export const OWN_LOGS_PIPELINE = "glassflow-logs";

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
