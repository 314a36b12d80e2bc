import assert from "node:assert/strict";
import { Socket } from "node:net";
import { serviceTest, withNats } from "../../tests/services/mod.ts";
import { connectNats } from "./connect.ts";
import { alwaysListening, connect } from "./transport.ts";

Deno.test("an error of a socket whose listeners were removed ends nothing", () => {
  const bare = new Socket();
  assert.throws(() => bare.emit("error", new Error("reset")), /reset/);
  const socket = alwaysListening(new Socket());
  let heard = 0;
  socket.on("error", () => heard++);
  socket.emit("error", new Error("reset"));
  assert.equal(heard, 1);
  socket.removeAllListeners();
  socket.emit("error", new Error("reset"));
  socket.removeAllListeners("error");
  socket.emit("error", new Error("reset"));
  assert.equal(heard, 1);
});

serviceTest(
  "connections that the server refuses, many of them, leave this process alone",
  ["nats"],
  () =>
    withNats(async ({ url }) => {
      for (let i = 0; i < 60; i++) {
        await assert.rejects(connect({ servers: url, reconnect: false }), /authorization/i);
      }
      await assert.rejects(connectNats({ servers: url, user: "flow", password: "wrong" }, "test", 0), (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, /^NATS at \S+ refuses the user, password or token: check GLASSFLOW_NATS_URL$/);
        return !error.message.includes("wrong");
      });
      const nc = await connectNats({ servers: url, user: "flow", password: "right" }, "test", 0);
      await nc.close();
    }, { isolated: true, profile: "fast", auth: { user: "flow", password: "right" } }),
);
