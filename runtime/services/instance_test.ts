import assert from "node:assert/strict";
import { answersAs, INSTANCE_HEADER } from "./instance.ts";

Deno.test("only the instance itself is taken for it, and only when it is well", async () => {
  const answers: [ResponseInit, true | undefined][] = [
    [{ headers: { [INSTANCE_HEADER]: "ours" } }, true],
    [{ headers: { [INSTANCE_HEADER]: "ours" }, status: 503 }, undefined],
    [{ headers: { [INSTANCE_HEADER]: "theirs" } }, undefined],
    [{}, undefined],
  ];
  for (const [init, wanted] of answers) {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("Ok.\n", init),
    );
    assert.equal(await answersAs("ours", `http://127.0.0.1:${server.addr.port}/ping`), wanted);
    await server.shutdown();
  }
});
