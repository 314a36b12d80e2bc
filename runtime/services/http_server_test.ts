import assert from "node:assert/strict";
import { stopServer } from "./http_server.ts";

const serve = (handler: Deno.ServeHandler<Deno.NetAddr>) =>
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);

Deno.test("what is under way is answered before the end", async () => {
  const inside = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const server = serve(async () => {
    inside.resolve();
    await go.promise;
    return new Response("done");
  });
  const answer = fetch(`http://127.0.0.1:${server.addr.port}/`).then((response) => response.text());
  await inside.promise;
  const stopped = stopServer(server);
  go.resolve();
  assert.equal(await answer, "done");
  await stopped;
});

Deno.test("a client that never finishes its request does not keep the server", async () => {
  const server = serve(() => new Response("no", { status: 408 }));
  const client = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await client.write(new TextEncoder().encode("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"));
  assert.notEqual(await client.read(new Uint8Array(1_000)), null);
  await stopServer(server, 50);
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: server.addr.port }), Deno.errors.ConnectionRefused);
  client.close();
  await server.finished;
});
