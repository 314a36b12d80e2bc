/**
 * The project's commands, for a machine with nothing but Node (20.3 or newer) and npm:
 *
 *     node tools/run.mjs start [options…]    run the product
 *     node tools/run.mjs check [options…]    start it, check that everything answers, stop
 *     node tools/run.mjs test [paths…]       static checks and all tests but the slow ones; with paths, only those tests
 *     node tools/run.mjs ci                  the same and the slow tests
 *     node tools/run.mjs bench [names…]      measurements
 *     node tools/run.mjs conformance [suite…]  the conformance suites; --json prints totals, --file PATH adds cases
 *
 * Dependencies are installed when package-lock.json asks for others than those in node_modules. The last line of test
 * and ci is `N passed, N failed`; the exit code is 0 only when nothing failed.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./child.mjs";
import { otelEnvironment, ownLogsWanted, reachable } from "./otel.mjs";
import { denoProgram, prepare, SetupError } from "./setup.mjs";
import { addTotals, readTotals, totalLine } from "./totals.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const SLOW = "tests/slow";

const commands = {
  start: (deno, args) => glassflow(deno, ["start", ...args], ownTelemetry(args)),
  check: (deno, args) => glassflow(deno, ["start", "--check", ...args]),
  bench: (deno, args) => run(deno, ["run", "-A", "bench/main.ts", ...args], { cwd: root }),
  conformance: (deno, args) =>
    run(deno, ["run", "-A", "--no-check", "tests/conformance/main.ts", ...args], {
      cwd: root,
      // paths of files are meant from where the command was typed
      env: { INIT_CWD: process.env.INIT_CWD ?? process.cwd() },
    }),
  test: (deno, args) => test(deno, args, false),
  ci: (deno, args) => test(deno, args, true),
};

/** The supervisor ends when this process does, even by kill -9. */
function glassflow(deno, args, env = {}) {
  return run(deno, ["run", "-A", "cli/main.ts", ...args, "--until-stdin-ends"], { cwd: root, env, tied: true });
}

/** `start` sends the supervisor's own logs to its own receiver; a check does not. */
function ownTelemetry(args) {
  const env = (name) => process.env[name]?.trim();
  if (args.some((arg) => arg === "--check" || arg === "--help") || !ownLogsWanted(env)) return {};
  const host = reachable(env("GLASSFLOW_HOST") || "127.0.0.1");
  return otelEnvironment(`http://${host}:${env("GLASSFLOW_OTLP_PORT") || 4318}`, "glassflow");
}

async function test(deno, paths, slow) {
  const failed = [];
  let totals = { passed: 0, failed: 0, ignored: 0 };
  const tests = async (args) => {
    const { code, output } = await run(deno, ["test", "-A", "--no-check", ...args], { cwd: root, keepOutput: true });
    totals = addTotals(totals, readTotals(output, code));
    return code;
  };
  if (paths.length === 0) {
    for (const step of [["fmt", "--check"], ["lint"], ["check", "."]]) {
      const { code } = await run(deno, [...step, ...(step[0] === "check" ? [] : ["--quiet"])], { cwd: root });
      if (code !== 0) failed.push(`deno ${step.join(" ")}`);
    }
  }
  await tests(paths.length > 0 ? paths : [`--ignore=${SLOW}`]);
  if (slow && hasTests(join(root, SLOW))) await tests([SLOW]);
  for (const step of failed) console.log(`failed: ${step}`);
  totals.failed += failed.length;
  console.log(totalLine(totals));
  return { code: totals.failed === 0 ? 0 : 1 };
}

function hasTests(folder) {
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => /_test\.ts$/.test(name));
}

const [name, ...args] = process.argv.slice(2);
const usage = `usage: node tools/run.mjs ${Object.keys(commands).join("|")} [arguments…]`;
if (name === "--help" || name === "-h") {
  console.log(usage);
  process.exit(0);
}
if (!Object.hasOwn(commands, name ?? "")) {
  console.error(usage);
  process.exit(2);
}
try {
  await prepare(root);
  const { code } = await commands[name](denoProgram(root), args);
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
