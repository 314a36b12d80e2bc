import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { run } from "./child.mjs";
import { otelEnvironment, ownLogsWanted, reachable } from "./otel.mjs";
import { isInstalled, prepare, refuseLinkedModules, requireNode, SetupError } from "./setup.mjs";
import { addTotals, readTotals, totalLine } from "./totals.mjs";

Deno.test("totals are read from the last summary, with colours or without", () => {
  const escape = String.fromCharCode(27);
  const output =
    `ok | 1 passed | 0 failed (1ms)\n\n${escape}[0m${escape}[31mFAILED${escape}[0m | 19 passed (4 steps) | ` +
    `1 failed (1 step) | 2 ignored ${escape}[0m(20s)${escape}[0m\n`;
  assert.deepEqual(readTotals(output, 1), { passed: 19, failed: 1, ignored: 2 });
  assert.equal(
    totalLine(addTotals(readTotals(output, 1), readTotals("ok | 3 passed | 0 failed (1ms)\n", 0))),
    "22 passed, 1 failed",
  );
});

Deno.test("a run that ends badly without a failed test is a failure", () => {
  assert.deepEqual(readTotals("error: cannot load", 1), { passed: 0, failed: 1, ignored: 0 });
  assert.deepEqual(readTotals("ok | 3 passed | 0 failed (1ms)\n", 134), { passed: 3, failed: 1, ignored: 0 });
});

Deno.test("an old Node is named", () => {
  requireNode("20.3.0");
  requireNode("24.0.0");
  for (const old of ["18.20.1", "20.2.0"]) assert.throws(() => requireNode(old), SetupError);
});

Deno.test("what is installed is compared with the lock file", async () => {
  const root = await Deno.makeTempDir();
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b-for-windows": { version: "1.0.0", optional: true },
    },
  };
  assert.equal(isInstalled(root, lock), false);
  await Deno.mkdir(join(root, "node_modules/a"), { recursive: true });
  const record = (version: string) =>
    Deno.writeTextFile(
      join(root, "node_modules/.package-lock.json"),
      JSON.stringify({ packages: { "node_modules/a": { version } } }),
    );
  await record("1.0.0");
  assert.equal(isInstalled(root, lock), true);
  await record("0.9.0");
  assert.equal(isInstalled(root, lock), false);
  await Deno.remove(root, { recursive: true });
});

Deno.test("a child's exit code and output come back", async () => {
  const { code, output } = await run("/bin/sh", ["-c", "echo hello; exit 3"], { keepOutput: true });
  assert.deepEqual([code, output], [3, "hello\n"]);
  assert.equal((await run("/bin/sh", ["-c", "kill -TERM $$"])).code, 143);
});

/** A Node process that runs a shell script with `run`; `said` resolves with the first line of the script. */
function runner(script: string, options = "{}", env: Record<string, string> = {}) {
  const program = `import { run } from ${JSON.stringify(new URL("./child.mjs", import.meta.url).href)};
    const { code } = await run("/bin/sh", ["-c", ${JSON.stringify(script)}], ${options});
    process.exitCode = code;`;
  const child = new Deno.Command("node", {
    args: ["--input-type=module", "--eval", program],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env,
    stdout: "piped",
  }).spawn();
  const first = Promise.withResolvers<string>();
  const text = (async () => {
    let all = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      all += chunk;
      if (all.includes("\n")) first.resolve(all.slice(0, all.indexOf("\n")));
    }
    return all;
  })();
  return { child, first: first.promise, text };
}

const TRAP = "trap 'echo got it; exit 7' TERM; echo up; while :; do sleep 0.05; done";

Deno.test("a signal to the runner reaches the child once, and its exit code is the runner's", async () => {
  const { child, first, text } = runner(TRAP);
  await first;
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 7);
  assert.equal(await text, "up\ngot it\n");
});

Deno.test("Ctrl-C comes from the terminal and from npm: together they are one", async () => {
  const { child, first, text } = runner(
    "trap 'echo once' INT; echo up; while read -r line; do :; done; sleep 0.3",
    "{}",
  );
  await first;
  child.kill("SIGINT");
  await new Promise((next) => setTimeout(next, 50));
  child.kill("SIGINT");
  await child.status;
  assert.equal(await text, "up\nonce\n");
});

Deno.test("a tied program learns that the runner was killed", async () => {
  const { child, first, text } = runner("echo up; cat >/dev/null; echo input ended", "{ tied: true }");
  await first;
  child.kill("SIGKILL");
  await child.status;
  assert.equal(await text, "up\ninput ended\n");
});

Deno.test("a program is asked to end when npm is gone", async () => {
  // As npm does: a process between this one and the runner, killed without a chance to tell anybody.
  const program = `import { run } from ${JSON.stringify(new URL("./child.mjs", import.meta.url).href)};
    await run("/bin/sh", ["-c", ${JSON.stringify(TRAP)}]);`;
  const npm = new Deno.Command("node", {
    args: [
      "--eval",
      `require("node:child_process").spawn("node", ["--input-type=module", "--eval", ${JSON.stringify(program)}], {
        stdio: "inherit", env: { ...process.env, npm_lifecycle_event: "start" } })`,
    ],
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const chunk of npm.stdout.pipeThrough(new TextDecoderStream())) {
    if (text === "") npm.kill("SIGKILL");
    text += chunk;
  }
  assert.equal(text, "up\ngot it\n");
  await npm.status;
});

Deno.test("an unknown command shows the known ones", async () => {
  const { code, stderr } = await new Deno.Command("node", {
    args: [fileURLToPath(new URL("./run.mjs", import.meta.url)), "fly"],
  }).output();
  assert.equal(code, 2);
  assert.match(new TextDecoder().decode(stderr), /usage: .*start\|check\|bench\|.*test\|ci/);
});

Deno.test("a linked node_modules is never installed into", async () => {
  const root = await Deno.makeTempDir();
  try {
    refuseLinkedModules(root);
    await Deno.mkdir(join(root, "elsewhere"));
    await Deno.symlink(join(root, "elsewhere"), join(root, "node_modules"));
    assert.throws(() => refuseLinkedModules(root), (error) => {
      assert.ok(error instanceof SetupError);
      assert.match(error.message, /node_modules is a symbolic link to .*elsewhere.*remove the link/);
      return true;
    });
    // The whole way: a project whose lock file asks for something that is not there.
    await Deno.copyFile(new URL("../package.json", import.meta.url), join(root, "package.json"));
    await Deno.writeTextFile(
      join(root, "package-lock.json"),
      JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
    );
    await Deno.writeTextFile(join(root, "elsewhere", "precious"), "");
    await assert.rejects(prepare(root), SetupError);
    assert.deepEqual([...Deno.readDirSync(join(root, "elsewhere"))].map(({ name }) => name), ["precious"]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("own logs are sent where there is a pipeline for them, to an address that can be reached", () => {
  const wanted = (env: Record<string, string>) => ownLogsWanted((name) => env[name]);
  const url = "http://clickhouse:8123";
  assert.equal(wanted({}), true);
  assert.equal(wanted({ GLASSFLOW_OWN_LOGS: " false " }), false);
  assert.equal(wanted({ GLASSFLOW_CLICKHOUSE_URL: url }), false, "a sink needs a password");
  assert.equal(wanted({ GLASSFLOW_CLICKHOUSE_URL: url, GLASSFLOW_CLICKHOUSE_PASSWORD: "x" }), true);
  assert.deepEqual(["0.0.0.0", "::", "::1", "10.0.0.1"].map(reachable), ["127.0.0.1", "[::1]", "[::1]", "10.0.0.1"]);
  assert.equal(otelEnvironment("http://x:1", "s").OTEL_EXPORTER_OTLP_HEADERS, "x-glassflow-pipeline-id=glassflow-logs");
});
