import assert from "node:assert/strict";
import type { EvaluateJob } from "./job.ts";
import { Sandbox, SandboxBroken, SandboxBusy } from "./sandbox.ts";

/** Code that no compiler would write. */
const job = (code: string): EvaluateJob => ({
  kind: "evaluate",
  sample: { a: 1 },
  time: 0,
  outputs: [{ name: "x", type: "", code }],
});

Deno.test("code in the sandbox reads no file, variable or system, reaches no network and starts nothing", async () => {
  const sandbox = new Sandbox({ deadlineMs: 60_000 });
  assert.deepEqual(await sandbox.run(job("event.a + 1")), { kind: "done", json: '{"x":2}' });
  for (
    const code of [
      'Deno.readTextFileSync("/etc/hostname")',
      'Deno.writeTextFileSync("/tmp/glassflow-sandbox", "x")',
      'Deno.env.get("HOME")',
      "Deno.hostname()",
      'Deno.listen({ port: 0, hostname: "127.0.0.1" })',
      'new Deno.Command("/bin/true").outputSync()',
      'Deno.dlopen("libc.so.6", {})',
    ]
  ) {
    await assert.rejects(sandbox.run(job(code)), SandboxBroken, code);
  }
});

Deno.test("endless code is killed, and one that fills the heap ends by itself", async () => {
  const endless = await new Sandbox({ deadlineMs: 500 }).run(job("(() => { for (;;); })()"));
  assert.match(endless.kind === "refused" ? endless.reason : "", /longer than 500 ms/);
  const filling = new Sandbox({ deadlineMs: 60_000, heapMiB: 32 });
  const full = await filling.run(job("(() => { const all = []; for (;;) all.push([all.length]); })()"));
  assert.match(full.kind === "refused" ? full.reason : "", /more than 32 MiB of memory/);
});

Deno.test("jobs take turns; who waits too long is turned away, and its place is free again", async () => {
  const sandbox = new Sandbox({ deadlineMs: 3_000, running: 1, waiting: 2, waitMs: 200 });
  const endless = sandbox.run(job("(() => { for (;;); })()"));
  const waiting = [sandbox.run(job("1")), sandbox.run(job("1"))];
  await assert.rejects(sandbox.run(job("1")), SandboxBusy);
  for (const each of await Promise.allSettled(waiting)) {
    assert.ok(each.status === "rejected" && each.reason instanceof SandboxBusy);
  }
  assert.equal((await endless).kind, "refused");
  assert.equal((await sandbox.run(job("1"))).kind, "done");
  const patient = new Sandbox({ running: 1, waitMs: 60_000, deadlineMs: 60_000 });
  const all = await Promise.all([1, 2, 3].map(() => patient.run(job("1"))));
  assert.deepEqual(all.map(({ kind }) => kind), ["done", "done", "done"]);
});

Deno.test("a job is as large as a body may be, and so is its answer", async () => {
  const text = "é".repeat(500_000);
  const outcome = await new Sandbox({ deadlineMs: 60_000 }).run({ ...job("event.text"), sample: { text } });
  assert.deepEqual(outcome, { kind: "done", json: JSON.stringify({ x: text }) });
});
