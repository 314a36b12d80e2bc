/** The README's loop that waits for a pipeline ends when there is nothing to wait for. */
import assert from "node:assert/strict";

const README = new URL("../../README.md", import.meta.url);

/** Runs `wait_for Running` as the README has it, against an API whose health answers are these, the last one for ever. */
async function waitFor(...answers: string[]): Promise<{ code: number; printed: string }> {
  const [wait] = /^wait_for\(\) \{\n.*?^\}\n/ms.exec(await Deno.readTextFile(README)) ?? [];
  assert.ok(wait, "the README has the function");
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    assert.equal(new URL(request.url).pathname, "/api/v1/pipeline/shop-orders/health");
    return new Response((answers.length > 1 ? answers.shift() : answers[0]) + "\n");
  });
  const script = wait.replaceAll("127.0.0.1:8081", `127.0.0.1:${server.addr.port}`) + "wait_for Running";
  const { code, stdout } = await new Deno.Command("bash", { args: ["-euo", "pipefail", "-c", script] }).output();
  await server.shutdown();
  return { code, printed: new TextDecoder().decode(stdout) };
}

const CREATED = '{"pipeline_id":"shop-orders","overall_status":"Created","stages":[]}';
const RUNNING = '{"pipeline_id":"shop-orders","overall_status":"Running","stages":[]}';
const FAILED = '{"pipeline_id":"shop-orders","overall_status":"Failed","reason":"table orders does not exist"}';

Deno.test("README: waiting for a pipeline ends when it runs", async () => {
  assert.deepEqual(await waitFor(CREATED, CREATED, RUNNING), { code: 0, printed: "" });
});

Deno.test("README: waiting for a pipeline that fails ends with its reason", async () => {
  assert.deepEqual(await waitFor(CREATED, FAILED), { code: 1, printed: FAILED + "\n" });
});
