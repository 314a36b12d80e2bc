/**
 * Structured logs: pino's JSON lines, written through `console` by level, so that Deno's built-in OpenTelemetry exporter
 * (`OTEL_DENO`) sends them with their severity. Values of events and secrets are never logged.
 */
import pino from "pino";

export type Log = pino.Logger;

/** Fields that must never appear, wherever they are nested. */
const SECRET_PATHS = ["password", "*.password", "*.*.password", "token", "*.token", "authorization", "*.authorization"];

const WRITERS: Readonly<Record<string, (line: string) => void>> = {
  debug: console.debug,
  info: console.info,
  warn: console.warn,
  error: console.error,
  fatal: console.error,
};

export function createLog(component: string, level = "info", fields: Record<string, string> = {}): Log {
  return pino(
    {
      level,
      base: { component, ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, censor: "[secret]" },
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string): void {
        const severity = /"level":"(\w+)"/.exec(line)?.[1] ?? "info";
        (WRITERS[severity] ?? console.info)(line.trimEnd());
      },
    },
  );
}
