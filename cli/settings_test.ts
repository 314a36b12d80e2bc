import assert from "node:assert/strict";
import { natsAddress } from "./addresses.ts";
import { connectionParams } from "./client.ts";
import { BadSetting, settingsFromEnvironment } from "./settings.ts";

const settings = (env: Record<string, string>) => settingsFromEnvironment((name) => env[name]);

Deno.test("settings that cannot be meant are refused by name, never shown", () => {
  const wrong: Record<string, string[]> = {
    GLASSFLOW_HOST: ["http://0.0.0.0", "host:80", "a b", "x/y"],
    GLASSFLOW_DATA_DIR: ["/data/one,two"],
    GLASSFLOW_LOG_LEVEL: ["verbose", "INFO,debug"],
    GLASSFLOW_OWN_LOGS: ["no", "0"],
    GLASSFLOW_DATABASE_URL: [
      "postgres://",
      "postgres:hunter2",
      "postgres://user:hunter2@host:port/db",
      "postgres://user:hunter2#@host/db",
      "postgres://user:hunter2%@host/db",
      "http://host/db",
      "hunter2",
    ],
    GLASSFLOW_NATS_URL: ["nats://", "ws://host", "nats://user:hunter2@host:port", "nats://a:0", "nats://a,,nats://b"],
    GLASSFLOW_CLICKHOUSE_URL: [
      "clickhouse:8123",
      "http://user:hunter2@host:8123",
      "http://host:8123/path",
      "http://host:8123?database=x",
      "tcp://host:9000",
    ],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => settings({ [name]: value }), (error) => {
        assert.ok(error instanceof BadSetting, value);
        assert.match(error.message, new RegExp(`^${name} must be `), value);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      }, `${name}=${value}`);
    }
  }
});

Deno.test("settings that can be meant are taken", () => {
  const right: Record<string, string[]> = {
    GLASSFLOW_HOST: ["0.0.0.0", "::", "[::1]", "my-host.example"],
    GLASSFLOW_DATABASE_URL: [
      "postgres://user:p%23w@host:5432/db?sslmode=require",
      "postgresql://host/db",
      "postgres:///db?host=/var/run/postgresql",
    ],
    GLASSFLOW_NATS_URL: ["host", "host:4222", "nats://[::1]:4222", "tls://a:4222,nats://user:password@b"],
    GLASSFLOW_CLICKHOUSE_URL: ["http://host:8123", "https://host", "http://[::1]:8123/"],
  };
  for (const [name, values] of Object.entries(right)) for (const value of values) settings({ [name]: value });
  assert.equal(settings({ GLASSFLOW_HOST: "[::1]" }).hostname, "::1");
  assert.match(settings({ GLASSFLOW_DATA_DIR: "data" }).dataDir, /^\/.*\/data$/);
});

Deno.test("own logs need a password for somebody else's ClickHouse", () => {
  const GLASSFLOW_CLICKHOUSE_URL = "http://host:8123";
  assert.equal(settings({}).ownLogs, true);
  assert.equal(settings({ GLASSFLOW_OWN_LOGS: "false" }).ownLogs, false);
  assert.equal(settings({ GLASSFLOW_CLICKHOUSE_URL }).ownLogs, false);
  assert.equal(settings({ GLASSFLOW_CLICKHOUSE_URL, GLASSFLOW_CLICKHOUSE_PASSWORD: " x " }).clickhousePassword, " x ");
});

Deno.test("NATS' credentials leave the address, so that no message shows them", () => {
  assert.deepEqual(natsAddress("a:1,nats://b"), { servers: "nats://a:1,nats://b" });
  assert.deepEqual(natsAddress("nats://user:p%40ss@a:1, tls://b:2"), {
    servers: "nats://a:1,tls://b:2",
    user: "user",
    password: "p@ss",
  });
  assert.deepEqual(natsAddress("nats://t0ken@a:1"), { servers: "nats://a:1", token: "t0ken" });
});

Deno.test("a sink reaches what the address reaches", () => {
  const to = (url: string) => {
    const { host, http_port, secure } = connectionParams({ url, user: "u", password: "p" });
    return { host, http_port, secure };
  };
  assert.deepEqual(to("http://host:8123"), { host: "host", http_port: "8123", secure: false });
  assert.deepEqual(to("https://host"), { host: "host", http_port: "443", secure: true });
  assert.deepEqual(to("http://[::1]"), { host: "[::1]", http_port: "80", secure: false });
});
