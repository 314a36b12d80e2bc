/** Structured logs (pino, JSON lines on standard error). Values of events and secrets are never logged. */
import pino from "pino";

export type Log = pino.Logger;

/** Fields that must never appear, wherever they are nested. */
const SECRET_PATHS = ["password", "*.password", "*.*.password", "token", "*.token", "authorization", "*.authorization"];

export function createLog(component: string, level = "info", fields: Record<string, string> = {}): Log {
  return pino(
    {
      level,
      base: { component, ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, censor: "[secret]" },
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void Deno.stderr.writeSync(encoder.encode(line)) },
  );
}

const encoder = new TextEncoder();
