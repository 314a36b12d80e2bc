import assert from "node:assert/strict";
import { AddressForbidden, AllowList, BadAllowList, isForbiddenAddress } from "./allow_list.ts";

const names: Record<string, string[]> = {
  "broker.example": ["10.1.2.3"],
  "inside.example": ["10.1.2.3", "169.254.169.254"],
  "other.test": ["192.0.2.1"],
};
const resolve = (host: string) => names[host] ? Promise.resolve(names[host]) : Promise.reject(new Error("unknown"));
const allowed = (list: AllowList, host: string) =>
  list.check(host).then(() => true, (error) => {
    assert.ok(error instanceof AddressForbidden);
    return false;
  });

Deno.test("by default everything but link-local addresses, under any name or notation", async () => {
  const list = new AllowList("", resolve);
  for (const host of ["127.0.0.1", "::1", "10.0.0.1", "broker.example", "OTHER.test"]) {
    assert.equal(await allowed(list, host), true, host);
  }
  for (
    const host of [
      "169.254.169.254",
      "inside.example",
      "[fe80::1]",
      "::ffff:169.254.169.254",
      "fd00:ec2::254",
      "0.0.0.0",
      "224.0.0.1",
      "255.255.255.255",
      "unknown.example",
    ]
  ) assert.equal(await allowed(list, host), false, host);
});

Deno.test("a list leaves only what is on it, and never link-local addresses", async () => {
  const list = new AllowList("10.0.0.0/8, *.test, localhost.example", resolve);
  assert.equal(await allowed(list, "broker.example"), true);
  assert.equal(await allowed(list, "other.test"), true);
  assert.equal(await allowed(list, "127.0.0.1"), false);
  assert.equal(await allowed(list, "inside.example"), false);
  assert.equal(await allowed(new AllowList("169.254.0.0/16", resolve), "169.254.169.254"), false);
  for (const bad of ["10.0.0.0/40", "a b", "http://x"]) assert.throws(() => new AllowList(bad), BadAllowList);
});

Deno.test("a URL's address is known in every notation", () => {
  for (const url of ["http://169.254.169.254/x", "http://2852039166/", "https://[fe80::1]:8081"]) {
    assert.equal(isForbiddenAddress(url), true, url);
  }
  for (const url of ["http://127.0.0.1:8081", "https://registry.example"]) {
    assert.equal(isForbiddenAddress(url), false, url);
  }
});
