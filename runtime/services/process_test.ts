import assert from "node:assert/strict";
import { ChildExited, ChildNotReady, spawnChild } from "./process.ts";

const shell = (script: string, extra = {}) =>
  spawnChild({ name: "trial", command: "/bin/sh", args: ["-c", script], ...extra });

function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("keeps the last lines and the exit code", async () => {
  const child = shell("for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2; exit 7", { keepLines: 3 });
  assert.deepEqual(await child.exited, { code: 7, signal: null });
  assert.equal(child.lines().length, 3);
  assert.ok(child.lines().includes("line 5"));
});

Deno.test("an early end is an error that shows the output", async () => {
  const child = shell("echo cannot open the store; exit 3");
  await assert.rejects(child.ready(() => Promise.resolve(undefined)), (error) => {
    assert.ok(error instanceof ChildExited);
    assert.match(error.message, /trial ended with code 3.*\n {2}cannot open the store/);
    return true;
  });
});

Deno.test("a command that does not exist is an early end", async () => {
  const child = spawnChild({ name: "trial", command: "/nonexistent/program" });
  await assert.rejects(child.ready(() => Promise.resolve(undefined)), ChildExited);
});

Deno.test("not ready in time names the last answer", async () => {
  const child = shell("exec sleep 60");
  const refused = () => Promise.reject(new Error("connection refused"));
  await assert.rejects(child.ready(refused, { timeoutMs: 50 }), (error) => {
    assert.ok(error instanceof ChildNotReady);
    assert.match(error.message, /connection refused/);
    return true;
  });
  await child.kill();
});

Deno.test("stop is SIGTERM, then SIGKILL for a child that will not leave", async () => {
  const polite = shell("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done");
  await polite.ready(() => Promise.resolve(polite.lines().includes("up") || undefined));
  assert.deepEqual(await polite.stop(), { code: 0, signal: null });

  const stubborn = shell("trap '' TERM; echo up; while :; do sleep 0.05; done", { stopTimeoutMs: 100 });
  await stubborn.ready(() => Promise.resolve(stubborn.lines().includes("up") || undefined));
  assert.equal((await stubborn.stop()).signal, "SIGKILL");
  assert.equal(alive(stubborn.pid), false);
});

Deno.test("a child does not outlive a parent that is killed", async () => {
  const source = `
    import { spawnChild } from ${JSON.stringify(new URL("./process.ts", import.meta.url).href)};
    const child = spawnChild({ name: "grandchild", command: "sleep", args: ["600"] });
    console.log(child.pid);
    await child.exited;`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, source);
  const parent = spawnChild({ name: "parent", command: Deno.execPath(), args: ["run", "-A", "--no-check", file] });
  const pid = await parent.ready(() => Promise.resolve(Number(parent.lines()[0]) || undefined));
  assert.equal(alive(pid), true);
  await parent.kill();
  await until(() => !alive(pid));
  await Deno.remove(file);
});
