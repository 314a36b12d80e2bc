/** A start that cannot succeed, or is not let: it says what to do, ends with a code and leaves no process. */
import assert from "node:assert/strict";
import { freePort } from "../../runtime/services/ports.ts";
import { findNatsServer } from "../../runtime/services/nats_binary.ts";
import { spawnChild } from "../../runtime/services/process.ts";
import { serviceTest } from "../services/mod.ts";
import { Command, DENO, LAUNCHER, silentServer, withPlace } from "./command.ts";

const INTERRUPTED = 130;

serviceTest("while it waits for a server it can be stopped at once", ["nats"], async () => {
  await using silent = silentServer();
  const waits: [says: string, env: Record<string, string>][] = [
    ["connecting to NATS at", { GLASSFLOW_NATS_URL: `nats://127.0.0.1:${silent.port}` }],
    ["opening the catalog", { GLASSFLOW_DATABASE_URL: `postgres://user:secret@127.0.0.1:${silent.port}/catalog` }],
  ];
  for (const [says, env] of waits) {
    await withPlace(async (place) => {
      await using command = new Command(DENO, { ...place.env, ...env });
      await command.says(says);
      assert.equal(await command.endsAfter(() => command.signal("SIGINT")), INTERRUPTED);
      // Without being asked to stop it would say that the server cannot be reached.
      assert.equal(command.stderr.at(-1), "glassflow: stopped before it was done");
    });
  }
});

serviceTest("a second request does not wait for the orderly end", ["nats"], async () => {
  await withPlace(async (place) => {
    await using command = new Command(DENO, { ...place.env, GLASSFLOW_OWN_LOGS: "false" });
    await command.says("GlassFlow is up.");
    // An unfinished request keeps the orderly end for a while.
    using client = await Deno.connect({ hostname: "127.0.0.1", port: place.ports.api });
    await client.write(
      new TextEncoder().encode("POST /api/v1/pipeline HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"),
    );
    command.signal("SIGTERM");
    await command.says("stopping: ");
    assert.equal(await command.endsAfter(() => command.signal("SIGINT")), INTERRUPTED);
    assert.equal(command.stderr.at(-1), "ending at once");
  });
});

serviceTest("a port in use: which, by whom, and what changes it", ["nats"], async () => {
  await withPlace(async (place) => {
    const port = freePort();
    using _listener = Deno.listen({ hostname: "127.0.0.1", port });
    await using command = new Command(LAUNCHER, { ...place.env, GLASSFLOW_NATS_PORT: `${port}` });
    assert.equal(await command.ends(), 1);
    assert.match(
      command.stderr.at(-1)!,
      new RegExp(
        `^glassflow: port ${port} is in use by .* \\(process ${Deno.pid}\\).*set GLASSFLOW_NATS_PORT to another`,
      ),
    );
  });
});

serviceTest(
  "another encryption key than the catalog's is refused, the right one is taken again",
  ["nats"],
  async () => {
    await withPlace(async (place) => {
      const key = "0123456789abcdef0123456789abcdef";
      const started = (GLASSFLOW_ENCRYPTION_KEY: string) =>
        new Command(DENO, { ...place.env, GLASSFLOW_ENCRYPTION_KEY });
      const runs = async () => {
        await using command = started(key);
        // The pipeline of the own logs has a password.
        await command.says("rows of pipeline");
        assert.equal(await command.endsAfter(() => command.signal("SIGINT")), 0);
      };
      await runs();
      for (const [other, why] of [["f".repeat(32), "another key"], ["", "there is no key now"], ["short", "32"]]) {
        await using command = started(other);
        assert.equal(await command.ends(), 1);
        assert.match(command.stderr.at(-1)!, new RegExp(`^glassflow: .*${why}`));
        assert.match(command.stderr.at(-1)!, /GLASSFLOW_ENCRYPTION_KEY/);
      }
      await runs();
    });
  },
);

serviceTest("without the ClickHouse of its own logs the system is up and says why it has none", ["nats"], async () => {
  await withPlace(async (place) => {
    const account = {
      GLASSFLOW_CLICKHOUSE_PASSWORD: "secret",
      GLASSFLOW_CLICKHOUSE_URL: `http://127.0.0.1:${freePort()}`,
    };
    await using command = new Command(LAUNCHER, { ...place.env, ...account });
    await command.says("the system is up, but its own logs are not kept yet: cannot reach ClickHouse at ");
    await command.says("Check GLASSFLOW_CLICKHOUSE_URL");
    assert.equal((await fetch(`http://127.0.0.1:${place.ports.api}/api/v1/readyz`)).status, 200);
    assert.equal(await command.endsAfter(() => command.signal("SIGINT")), 0);
    assert.equal([...command.stderr, ...command.stdout].some((line) => line.includes("secret")), false);
  });
});

serviceTest("a NATS server without JetStream is told what it lacks", ["nats"], async () => {
  await withPlace(async (place) => {
    const port = freePort();
    const { path } = await findNatsServer();
    const plain = spawnChild({ name: "nats-server", command: path, args: ["-a", "127.0.0.1", "-p", `${port}`] });
    try {
      await using command = new Command(DENO, { ...place.env, GLASSFLOW_NATS_URL: `nats://127.0.0.1:${port}` });
      assert.equal(await command.ends(), 1);
      assert.match(command.stderr.at(-1)!, /offers no JetStream .*set GLASSFLOW_NATS_URL/);
    } finally {
      await plain.stop();
    }
  });
});

Deno.test("help is an answer, everything that does not exist is told with the usage", async () => {
  const usage = /usage: glassflow start/;
  await using help = new Command([...LAUNCHER, "--help"], {});
  assert.equal(await help.ends(), 0);
  assert.match(help.stdout.join("\n"), usage);
  const wrong: [args: string[], named: RegExp][] = [
    [["--chekc"], /--chekc/],
    [["again"], /no such command: start again/],
    [["--check", "--count"], /--count/],
    [["--check", "--timeout", "soon"], /--timeout must be a whole number/],
  ];
  for (const [args, named] of wrong) {
    await using command = new Command([...DENO, ...args], {});
    assert.equal(await command.ends(), 2);
    assert.deepEqual(command.stdout, []);
    assert.match(command.stderr[0], named);
    assert.match(command.stderr.join("\n"), usage);
  }
});
