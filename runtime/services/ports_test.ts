import assert from "node:assert/strict";
import { freePort, portIsFree } from "./ports.ts";

Deno.test("a free port can be listened on, and is not handed out twice", () => {
  const ports = Array.from({ length: 20 }, () => freePort());
  assert.equal(new Set(ports).size, 20);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: ports[0] });
  assert.equal(portIsFree(ports[0]), false);
  listener.close();
  assert.equal(portIsFree(ports[0]), true);
});
