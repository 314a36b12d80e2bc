import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { run } from "./child.mjs";
import { isInstalled, requireNode, SetupError } from "./setup.mjs";
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
  requireNode("20.1.0");
  requireNode("24.0.0");
  assert.throws(() => requireNode("18.20.1"), SetupError);
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

Deno.test("a signal to the runner reaches the child once, and its exit code is the runner's", async () => {
  const script = `import { run } from ${JSON.stringify(new URL("./child.mjs", import.meta.url).href)};
    const { code } = await run("/bin/sh", ["-c", "trap 'echo got it; exit 7' TERM; echo up; while :; do sleep 0.05; done"]);
    process.exitCode = code;`;
  const runner = new Deno.Command("node", {
    args: ["--input-type=module", "--eval", script],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const chunk of runner.stdout.pipeThrough(new TextDecoderStream())) {
    if (text === "" && chunk.includes("up")) runner.kill("SIGTERM");
    text += chunk;
  }
  assert.equal((await runner.status).code, 7);
  assert.equal(text, "up\ngot it\n");
});

Deno.test("an unknown command shows the known ones", async () => {
  const { code, stderr } = await new Deno.Command("node", {
    args: [fileURLToPath(new URL("./run.mjs", import.meta.url)), "fly"],
  }).output();
  assert.equal(code, 2);
  assert.match(new TextDecoder().decode(stderr), /usage: .*start\|check\|bench\|test\|ci/);
});
