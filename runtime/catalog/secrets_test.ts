import assert from "node:assert/strict";
import { EncryptionError } from "./errors.ts";
import { loadEncryptionKey, SecretBox } from "./secrets.ts";

const key = new Uint8Array(32).fill(7);
const config = {
  pipeline_id: "shop-orders",
  sources: [{ source_id: "a", connection_params: { username: "u", password: "p1", client_key: "k" } }],
  sink: { connection_params: { host: "h", password: "p2" } },
};

Deno.test("secrets are sealed, everything else is left alone, and opening restores them", () => {
  const box = new SecretBox(key);
  const sealed = box.seal("shop-orders", config);
  const text = JSON.stringify(sealed);
  for (const secret of ['"p1"', '"p2"', '"k"']) assert.ok(!text.includes(secret));
  assert.ok(text.includes('"username":"u"'));
  assert.deepEqual(box.open("shop-orders", sealed), config);
  assert.notDeepEqual(box.seal("shop-orders", config), sealed);
});

Deno.test("a sealed value is worth nothing elsewhere: other key, other pipeline, damage, no key", () => {
  const box = new SecretBox(key);
  const sealed = box.encrypt("p", "shop-orders/sink");
  assert.throws(() => new SecretBox(new Uint8Array(32)).decrypt(sealed, "shop-orders/sink"), EncryptionError);
  assert.throws(() => box.decrypt(sealed, "other/sink"), EncryptionError);
  assert.throws(() => box.decrypt(sealed.slice(0, -8) + "AAAAAAA=", "shop-orders/sink"), EncryptionError);
  assert.throws(() => box.decrypt("enc:1:AAAA", "shop-orders/sink"), EncryptionError);
  assert.throws(() => new SecretBox(null).decrypt(sealed, "shop-orders/sink"), EncryptionError);
});

Deno.test("clear text is readable after encryption is turned on, even when it looks encrypted", () => {
  const off = new SecretBox(null), on = new SecretBox(key);
  for (const value of ["", "plain", "enc:1:AAAA", "clear:x"]) {
    assert.equal(on.decrypt(off.encrypt(value, "c"), "c"), value);
    assert.equal(on.decrypt(on.encrypt(value, "c"), "c"), value);
  }
});

Deno.test("the key comes from the environment, else from the file; a wrong length is an error", async () => {
  const none = () => Promise.reject(new Deno.errors.NotFound());
  const env = (value?: string) => (name: string) => name === "GLASSFLOW_ENCRYPTION_KEY" ? value : undefined;
  assert.equal(await loadEncryptionKey(env(), none), null);
  assert.equal(await loadEncryptionKey(env(), () => Promise.resolve(new Uint8Array())), null);
  assert.equal((await loadEncryptionKey(env("x".repeat(32)), none))?.length, 32);
  assert.deepEqual(await loadEncryptionKey(env(), () => Promise.resolve(key)), key);
  for (const length of [16, 33, 64]) {
    await assert.rejects(loadEncryptionKey(env("x".repeat(length)), none), EncryptionError);
    await assert.rejects(loadEncryptionKey(env(), () => Promise.resolve(new Uint8Array(length))), EncryptionError);
  }
});
