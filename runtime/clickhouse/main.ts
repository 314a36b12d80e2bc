/**
 * The embedded ClickHouse as a process:
 *
 *     deno run -A --unstable-no-legacy-abort runtime/clickhouse/main.ts --data DIR --port 8123 --user glassflow
 *
 * (The flag makes a request's signal tell of clients that left, and only of those.)
 * The password is read from GLASSFLOW_EMBEDDED_CLICKHOUSE_PASSWORD. SIGTERM and SIGINT finish what runs and end it with code 0;
 * a start that fails ends with code 1 and one line that says why.
 */
import { parseArgs } from "node:util";
import { EngineNotOpened } from "./engine.ts";
import { ServerNotStarted, type ServerOptions, startServer } from "./server.ts";

export const PASSWORD_VARIABLE = "GLASSFLOW_EMBEDDED_CLICKHOUSE_PASSWORD";

/** Reads the command line; throws ServerNotStarted with what is wrong. */
export function readOptions(args: string[], password: string | undefined): ServerOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      data: text,
      host: { ...text, default: "127.0.0.1" },
      port: { ...text, default: "8123" },
      user: { ...text, default: "default" },
      instance: text,
      concurrency: text,
      "max-body-bytes": text,
      "max-result-bytes": text,
    },
  });
  if (values.data === undefined) throw new ServerNotStarted("--data DIR is missing: where shall the tables be kept?");
  return {
    dataDir: values.data,
    hostname: values.host,
    port: wholeNumber("--port", values.port),
    user: values.user,
    password: password ?? "",
    ...(values.instance === undefined ? {} : { instance: values.instance }),
    concurrency: optional("--concurrency", values.concurrency),
    maxBodyBytes: optional("--max-body-bytes", values["max-body-bytes"]),
    maxResultBytes: optional("--max-result-bytes", values["max-result-bytes"]),
  };
}

function optional(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(name, text);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new ServerNotStarted(`${name} must be a whole number`);
}

async function main(): Promise<void> {
  try {
    const options = readOptions(Deno.args, Deno.env.get(PASSWORD_VARIABLE));
    const server = await startServer(options);
    console.log(`listening on http://${options.hostname}:${server.port}`);
    const stopped = Promise.withResolvers<void>();
    for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stopped.resolve());
    await stopped.promise;
    await server.stop();
    Deno.exit(0);
  } catch (error) {
    const expected = error instanceof ServerNotStarted || error instanceof EngineNotOpened ||
      error instanceof TypeError;
    console.error(expected ? `cannot start: ${error.message}` : error);
    Deno.exit(1);
  }
}

if (import.meta.main) await main();
