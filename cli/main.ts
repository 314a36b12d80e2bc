/**
 * `glassflow start`: brings the whole system up on this machine and keeps it up until Ctrl-C.
 * `glassflow start --check`: on free ports and in a temporary directory, sends events of known fate, compares, prints one
 * JSON line and exits 0 only if everything agrees.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong arguments, 128 + n stopped by signal n before it was done.
 */
import { parseArgs } from "node:util";
import { messageOf } from "../runtime/errors.ts";
import { check } from "./check/command.ts";
import { settingsFromEnvironment } from "./settings.ts";
import { start } from "./start.ts";
import { Interrupted, stopRequests } from "./stop_requests.ts";

const USAGE = `usage: glassflow start [--until-stdin-ends]
       glassflow start --check [--count N] [--seed S] [--timeout SECONDS]

  --check             send events of known fate through a system of its own, compare, print one JSON line
  --count             events per pipeline (20000)
  --seed              which events (1)
  --timeout           give up after so many seconds (240)
  --until-stdin-ends  stop in order when standard input ends

Everything else is told by environment variables: see README.md.`;

/** The arguments ask for nothing that there is. */
class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (positionals.join(" ") !== "start") {
    throw new WrongUsage(
      positionals.length === 0 ? "a command is missing" : `no such command: ${positionals.join(" ")}`,
    );
  }
  const checking = {
    count: whole(values.count, "count"),
    seed: whole(values.seed, "seed"),
    timeoutSeconds: whole(values.timeout, "timeout"),
  };
  const settings = settingsFromEnvironment((name) => Deno.env.get(name));
  const stop = stopRequests(values["until-stdin-ends"], say);
  return await (values.check ? check(settings, checking, stop, say) : start(settings, stop, say));
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        check: { type: "boolean", default: false },
        count: { type: "string", default: "20000" },
        seed: { type: "string", default: "1" },
        timeout: { type: "string", default: "240" },
        "until-stdin-ends": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new WrongUsage(messageOf(error));
  }
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new WrongUsage(`--${name} must be a whole number of at least 1`);
  return value;
}

function exitCode(error: unknown): number {
  say(`glassflow: ${messageOf(error)}`);
  if (error instanceof WrongUsage) say(USAGE);
  return error instanceof WrongUsage ? 2 : error instanceof Interrupted ? error.code : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args).catch(exitCode));
