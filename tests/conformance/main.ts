/**
 * The conformance suites.
 *
 *     npm run conformance                          every suite; failed cases are listed
 *     npm run conformance -- expr                  one of them
 *     npm run conformance -- expr --json           prints {"passed":n,"failed":n} alone
 *     npm run conformance -- expr --file PATH      with the cases of another file too
 *
 * Exit code 0 when nothing failed, 1 when something did, 2 for arguments that mean nothing.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runSuite, suiteNames } from "./run.ts";

const LISTED = 200;

function readArguments() {
  try {
    return parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, file: { type: "string", multiple: true, default: [] } },
    });
  } catch (error) {
    if (error instanceof TypeError) return usage(error.message);
    throw error;
  }
}

function usage(problem: string): never {
  console.error(`${problem}\nusage: npm run conformance -- [${suiteNames().join("|")}]… [--json] [--file PATH]…`);
  Deno.exit(2);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const { values, positionals } = readArguments();
const unknown = positionals.find((name) => !suiteNames().includes(name));
if (unknown !== undefined) usage(`there is no suite ${unknown}`);
/** npm changes the folder and says in INIT_CWD where it was called. */
const files = values.file.map((path) => resolve(Deno.env.get("INIT_CWD") ?? ".", path));
const missing = files.find((path) => !isFile(path));
if (missing !== undefined) usage(`there is no file ${missing}`);
const totals = { passed: 0, failed: 0 };
for (const name of positionals.length > 0 ? positionals : suiteNames()) {
  const { passed, failures } = await runSuite(name, files);
  totals.passed += passed;
  totals.failed += failures.length;
  if (values.json) continue;
  for (const failure of failures.slice(0, LISTED)) console.log(`${name}: ${failure.name}\n    ${failure.message}`);
  if (failures.length > LISTED) console.log(`${name}: … and ${failures.length - LISTED} more`);
  console.log(`${name}: ${passed} passed, ${failures.length} failed`);
}
if (values.json) console.log(JSON.stringify(totals));
if (totals.failed > 0) Deno.exitCode = 1;
