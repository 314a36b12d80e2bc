import assert from "node:assert/strict";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "../nats/transport.ts";
import { NatsAlreadyRunning, type NatsBinary, natsConfig, startNatsServer } from "./nats.ts";
import { ChildNotReady } from "./process.ts";
import { findNatsServer, NatsServerNotFound, versionIsRecent } from "./nats_binary.ts";

async function withStore(run: (storeDir: string) => Promise<void>): Promise<void> {
  const storeDir = await Deno.makeTempDir();
  try {
    await run(storeDir);
  } finally {
    await Deno.remove(storeDir, { recursive: true });
  }
}

async function withEnv(values: Record<string, string | undefined>, run: () => Promise<void>): Promise<void> {
  const before = Object.keys(values).map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  for (const [name, value] of Object.entries(values)) set(name, value);
  try {
    await run();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

Deno.test("messages survive kill -9 and a restart on the same store", () =>
  withStore(async (storeDir) => {
    let server = await startNatsServer({ storeDir });
    try {
      let nc = await connect({ servers: server.url });
      await (await jetstreamManager(nc)).streams.add({ name: "S", subjects: ["s.>"] });
      for (let i = 0; i < 3; i++) await jetstream(nc).publish("s.x", `message ${i}`);
      await assert.rejects(startNatsServer({ storeDir }), NatsAlreadyRunning);
      await nc.close();

      await server.kill();
      server = await server.restart();
      nc = await connect({ servers: server.url });
      const { state } = await (await jetstreamManager(nc)).streams.info("S");
      assert.equal(state.messages, 3);
      assert.equal(nc.info?.max_payload, 8 * 1024 * 1024);
      await nc.close();
    } finally {
      await server.stop();
    }
  }));

Deno.test("with a password, strangers are refused", () =>
  withStore(async (storeDir) => {
    const auth = { user: "flow", password: 'a "quoted" $ecret' };
    const server = await startNatsServer({ storeDir, auth, profile: "fast" });
    try {
      await assert.rejects(connect({ servers: server.url, reconnect: false }), /authorization/i);
      const nc = await connect({ servers: server.url, user: auth.user, pass: auth.password });
      await nc.close();
    } finally {
      await server.stop();
    }
  }));

Deno.test("a port that is taken is said so", () =>
  withStore(async (storeDir) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = listener.addr.port;
    await assert.rejects(startNatsServer({ storeDir, port }), /port \d+ on 127.0.0.1 is in use/);
    listener.close();
  }));

Deno.test("any port: one that somebody took in the meantime is no failure; a chosen one is", () =>
  withStore(async (storeDir) => {
    const real = await findNatsServer();
    const squatted = join(storeDir, "squatted");
    const path = join(storeDir, "nats-server");
    // Says what the server says when its port is taken, the first time.
    await Deno.writeTextFile(
      path,
      `#!/bin/sh\nif [ ! -e ${squatted} ]; then touch ${squatted}\n` +
        `echo 'listen tcp 127.0.0.1:1: bind: address already in use' >&2; exit 1; fi\nexec ${real.path} "$@"\n`,
      { mode: 0o755 },
    );
    const options = { storeDir: join(storeDir, "store"), profile: "fast" as const, binary: { ...real, path } };
    const server = await startNatsServer(options);
    await server.stop();
    await Deno.remove(squatted);
    await assert.rejects(startNatsServer({ ...options, port: server.port }), /address already in use/);
  }));

Deno.test("the profile decides when the store is synced", () => {
  assert.match(natsConfig({ storeDir: "/s" }, 1), /sync_interval: always/);
  assert.match(natsConfig({ storeDir: "/s", profile: "fast" }, 1), /sync_interval: "2m"/);
});

Deno.test("a wrong GLASSFLOW_NATS_SERVER_BIN is an error, not skipped", () =>
  withEnv({ GLASSFLOW_NATS_SERVER_BIN: "/nonexistent/nats-server" }, async () => {
    await assert.rejects(findNatsServer(), (error) => {
      assert.ok(error instanceof NatsServerNotFound);
      assert.deepEqual(error.tried.length, 1);
      assert.match(error.message, /GLASSFLOW_NATS_SERVER_BIN: \/nonexistent\/nats-server is not an executable file/);
      return true;
    });
  }));

Deno.test("without any way to get it, every place and its reason is named", () =>
  withStore((cache) =>
    withEnv({ GLASSFLOW_NATS_SERVER_BIN: undefined, GLASSFLOW_CACHE: cache, PATH: "/nonexistent" }, async () => {
      await assert.rejects(findNatsServer(), (error) => {
        assert.ok(error instanceof NatsServerNotFound);
        for (const place of ["PATH", "cache folder", "release archive", "go install", "distribution package"]) {
          assert.match(error.message, new RegExp(`- ${place}: .`));
        }
        assert.match(error.message, /GLASSFLOW_NATS_URL/);
        return true;
      });
    })
  ));

Deno.test("versions from 2.10 on are accepted", () => {
  assert.equal(versionIsRecent("2.9.10"), false);
  assert.equal(versionIsRecent("2.10.0"), true);
  assert.equal(versionIsRecent("2.15.2"), true);
  assert.equal(versionIsRecent("3.0.0-beta"), true);
});

/** A program that greets as NATS does, with the name it was given or with another. */
async function greeter(folder: string, honest: boolean): Promise<NatsBinary> {
  const source = `
    const config = await Deno.readTextFile(Deno.args[Deno.args.indexOf("--config") + 1]);
    const [, name] = /server_name: "(.*)"/.exec(config);
    const [, port] = /listen: ".*:(\\d+)"/.exec(config);
    const info = JSON.stringify({ server_name: ${honest} ? name : "somebody else's", jetstream: true });
    for await (const connection of Deno.listen({ hostname: "127.0.0.1", port: Number(port) })) {
      await connection.write(new TextEncoder().encode("INFO " + info + " \\r\\n"));
    }`;
  const path = join(folder, "greeter");
  await Deno.writeTextFile(`${path}.ts`, source);
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${Deno.execPath()} run -A --no-check ${path}.ts "$@"\n`, {
    mode: 0o755,
  });
  return { path, version: "2.99.0", origin: "test" };
}

Deno.test("a server that is not the one we started is not taken for it", () =>
  withStore(async (storeDir) => {
    const strange = { storeDir, binary: await greeter(storeDir, false), readyTimeoutMs: 2_000 };
    await assert.rejects(startNatsServer(strange), ChildNotReady);
    const ours = await startNatsServer({ storeDir, binary: await greeter(storeDir, true) });
    await ours.stop();
  }));
