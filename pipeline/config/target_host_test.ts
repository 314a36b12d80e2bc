import assert from "node:assert/strict";
import { isHost, isPort, urlHost } from "./target_host.ts";

Deno.test("hosts are names and addresses, never parts of another address", () => {
  for (
    const host of ["localhost", "10.0.0.1", "click-house.default.svc", "a_b", "::1", "[::1]", "fe80::1", "é.example"]
  ) {
    assert.ok(isHost(host), host);
    assert.equal(new URL(`http://${urlHost(host)}:8123`).port, "8123");
  }
  const wrong = [
    "",
    "a b",
    "http://x",
    "x/y",
    "x:1",
    "x@y",
    "..",
    "-",
    "x?y",
    "x#",
    "%00",
    "a,b",
    "x\n",
    "x".repeat(300),
  ];
  for (const host of wrong) assert.ok(!isHost(host), host);
});

Deno.test("ports", () => {
  for (const port of ["1", "8123", "65535"]) assert.ok(isPort(port), port);
  for (const port of ["", "0", "65536", "-1", "abc", "8123/x", "0x50", " 80", "1@x"]) assert.ok(!isPort(port), port);
});
