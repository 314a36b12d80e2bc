import assert from "node:assert/strict";
import { join } from "node:path";
import { ended } from "./leftover.ts";
import { spawnChild } from "./process.ts";

Deno.test("a server that is still running is waited for, another program with its pid is not", async () => {
  const folder = await Deno.makeTempDir();
  const pidFile = join(folder, "pid");
  assert.equal(await ended(pidFile, "600", 0), true);
  const child = spawnChild({ name: "left over", command: "sleep", args: ["600"] });
  await child.ready(async () =>
    (await Deno.readTextFile(`/proc/${child.pid}/cmdline`)).startsWith("sleep") || undefined
  );
  await Deno.writeTextFile(pidFile, String(child.pid));
  assert.equal(await ended(pidFile, "600", 0), false);
  assert.equal(await ended(pidFile, "another.conf", 0), true);
  const waiting = ended(pidFile, "600", 60_000);
  await child.kill();
  assert.equal(await waiting, true);
  await Deno.remove(folder, { recursive: true });
});
