import assert from "node:assert/strict";
import { freePort } from "../runtime/services/ports.ts";
import { portUser } from "./port_user.ts";

Deno.test("who listens on a port is found, whatever the address", async () => {
  for (const hostname of ["127.0.0.1", "0.0.0.0", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    assert.match(await portUser(listener.addr.port) ?? "nobody", new RegExp(` \\(process ${Deno.pid}\\)$`));
  }
  assert.equal(await portUser(freePort()), null);
});
