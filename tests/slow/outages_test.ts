/**
 * Parts of the system go away under load, for long or for ever: nothing is lost, nothing comes twice, clients are told when
 * to try again, and everything goes on by itself.
 */
import assert from "node:assert/strict";
import { type CheckOptions, prepare, runCheck, send, settle, statusOf } from "../../cli/check/run.ts";
import type { Refusal } from "../../cli/check/senders.ts";
import { readTable } from "../../cli/check/verdict.ts";
import { apiRequest, runSql, waitFor } from "../../cli/client.ts";
import type { System } from "../../cli/system.ts";
import { pipelineHash } from "../../pipeline/config/mod.ts";
import { BundleFolder } from "../../runtime/bundle/folder.ts";
import { configOf } from "../../runtime/catalog/mod.ts";
import { PipelineRunner } from "../../runtime/local/pipeline_runner.ts";
import { LEASE_MS } from "../../runtime/ownership.ts";
import { withSystem } from "../system/bed.ts";

const OUTAGE_MS = 60_000;
const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** A load that lasts about `seconds` when nothing is in its way. */
function load(seconds: number, options: Partial<CheckOptions> = {}): CheckOptions {
  const batch = 50;
  const count = options.count ?? 4_000;
  const requests = count / 2 / batch;
  return {
    count,
    seed: 7,
    batch,
    maxBatchSize: 200,
    timeoutMs: 180_000,
    pace: () => pause(seconds * 1_000 / requests),
    ...options,
  };
}

async function check(system: System, options: CheckOptions): Promise<void> {
  const { problems, ok, ...counts } = await runCheck(system, options);
  assert.deepEqual(problems, []);
  assert.equal(ok, true);
  console.log(JSON.stringify(counts));
}

Deno.test("ClickHouse is away for a minute", () =>
  withSystem({}, async ({ system }) => {
    const reasons: (string | undefined)[] = [];
    await check(
      system,
      load(20, {
        async disturb() {
          await pause(2_000);
          await system.parts.clickhouse!.hold();
          await pause(OUTAGE_MS / 2);
          for (const { stage, reason } of system.orchestrator.workers()) if (stage === "sink") reasons.push(reason);
          await pause(OUTAGE_MS / 2);
          system.parts.clickhouse!.release();
        },
      }),
    );
    assert.equal(reasons.length, 2);
    for (const reason of reasons) assert.match(reason ?? "nothing", /ClickHouse|ECONNREFUSED|connect/i, "it says why");
  }));

Deno.test("nats-server is away for a minute: clients are told to come back", () =>
  withSystem({}, async ({ system }) => {
    const refusals: Refusal[] = [];
    await check(
      system,
      load(20, {
        onRetry: (refusal) => refusals.push(refusal),
        async disturb() {
          await pause(2_000);
          await system.parts.nats!.hold();
          await pause(OUTAGE_MS);
          system.parts.nats!.release();
        },
      }),
    );
    const answers = refusals.filter(({ status }) => status !== undefined);
    assert.ok(answers.length > 0);
    for (const { status, retryAfter, why } of answers) {
      assert.equal(status, 503, why);
      assert.match(retryAfter ?? "none", /^\d+$/, why);
    }
  }));

Deno.test("a full stream is back-pressure: 429 until ClickHouse takes rows again", () =>
  withSystem({}, async ({ system }) => {
    const full = Promise.withResolvers<Refusal>();
    await check(system, {
      kinds: ["pass"],
      count: 24_000,
      seed: 3,
      timeoutMs: 180_000,
      maxBytes: "2Mi",
      onRetry: (refusal) => {
        if (refusal.status !== undefined) full.resolve(refusal);
      },
      async disturb() {
        await system.parts.clickhouse!.hold();
        const { status, retryAfter, why } = await full.promise;
        await pause(5_000);
        system.parts.clickhouse!.release();
        assert.equal(status, 429, why);
        assert.match(retryAfter ?? "none", /^\d+$/);
      },
    });
  }));

Deno.test("kill -9 of nats-server, ClickHouse and receiver, alone and together", () =>
  withSystem({}, async ({ system }) => {
    const { nats, clickhouse, receiver } = system.parts;
    await check(
      system,
      load(40, {
        async disturb() {
          for (const part of [nats!, clickhouse!, receiver, clickhouse!, nats!]) {
            await pause(3_000);
            await part.kill();
          }
          await pause(4_000);
          await Promise.all([nats!.kill(), clickhouse!.kill(), receiver.kill()]);
        },
      }),
    );
  }));

Deno.test("workers stand still for longer than a lease while others take over", () =>
  withSystem({}, async ({ system }) => {
    const ids = ["check-dedup", "check-pass"];
    const pids = () => [...system.orchestrator.workers()].flatMap((worker) => worker.pids);
    await check(
      system,
      load(50, {
        async disturb() {
          await pause(3_000);
          const stopped = pids();
          assert.equal(stopped.length, 4);
          for (const pid of stopped) Deno.kill(pid, "SIGSTOP");
          const { env, catalog } = system.orchestrator;
          const bundles = new BundleFolder(`${env.dataDir}/bundles-of-heirs`);
          const heirs = await Promise.all(
            ids.map(async (id) => new PipelineRunner(env, bundles, configOf(await catalog.get(id)))),
          );
          const before = await Promise.all(ids.map((id) => accepted(system, id)));
          for (const heir of heirs) await heir.start(new AbortController().signal, () => {});
          await pause(LEASE_MS + 3_000);
          const after = await Promise.all(ids.map((id) => accepted(system, id)));
          // The state file of a process that stands still may be locked: its heir then waits, the stateless one does not.
          assert.ok(after[1] > before[1], "the heirs go on");
          for (const pid of stopped) Deno.kill(pid, "SIGCONT");
          await waitFor(
            async () => pids().filter((pid) => stopped.includes(pid)).length,
            (left) => left === 0,
            30_000,
            "the workers that stood still to give up",
          );
          await Promise.all(heirs.map((heir) => heir.kill()));
        },
      }),
    );
  }));

async function accepted(system: System, id: string): Promise<number> {
  return (await system.orchestrator.ledger(pipelineHash(id)))?.accepted ?? 0;
}

Deno.test("stopped and resumed under load: what was accepted meanwhile is written", () =>
  withSystem({}, async ({ system }) => {
    await check(
      system,
      load(20, {
        async disturb() {
          for (const ms of [1_500, 3_000, 200]) {
            await pause(ms);
            for (const id of ["check-dedup", "check-pass"]) await act(system, id, "stop");
            for (const id of ["check-dedup", "check-pass"]) await reaches(system, id, "Stopped");
            assert.deepEqual([...system.orchestrator.workers()], []);
            await pause(1_000);
            for (const id of ["check-dedup", "check-pass"]) await act(system, id, "resume");
            for (const id of ["check-dedup", "check-pass"]) await reaches(system, id, "Running");
          }
        },
      }),
    );
  }));

Deno.test("terminated under load: what was given up does not come twice, what comes later arrives", () =>
  withSystem({}, async ({ system }) => {
    const options = load(8, { count: 2_000, kinds: ["pass"] });
    const deadline = performance.now() + options.timeoutMs;
    const first = await prepare(system, "pass", options);
    const sending = send(system, first, options, deadline);
    await pause(2_000);
    await act(system, first.id, "terminate");
    await reaches(system, first.id, "Stopped");
    await act(system, first.id, "resume");
    await reaches(system, first.id, "Running");
    await sending;
    await drained(system, first.id);
    const ids = (await readTable(system.clickhouse, first.table)).map(([id]) => id);
    assert.equal(new Set(ids).size, ids.length, "no row comes twice");
    const sent = new Set(first.events.filter(({ fate }) => fate === "good").map(({ id }) => id));
    assert.deepEqual(ids.filter((id) => !sent.has(id)), []);
    // The last events were accepted long after the resumption.
    const last = first.events.slice(-200).filter(({ fate }) => fate === "good");
    assert.deepEqual(last.filter(({ id }) => !ids.includes(id)), []);
  }));

Deno.test("deleted and made again: nothing of the first is left", () =>
  withSystem({}, async ({ system, settings }) => {
    const options: CheckOptions = { count: 1_500, seed: 5, timeoutMs: 60_000 };
    await check(system, options);
    for (const kind of ["dedup", "pass"]) {
      const id = `check-${kind}`;
      await act(system, id, "stop");
      await reaches(system, id, "Stopped");
      await apiRequest(system.apiUrl, "DELETE", `/api/v1/pipeline/${id}`);
      await waitFor(
        async () => (await fetch(`${system.apiUrl}/api/v1/pipeline/${id}`)).status,
        (status) => status === 404,
        20_000,
        `${id} to be gone`,
      );
      await assert.rejects(Deno.stat(`${settings.dataDir}/state/${id}`), Deno.errors.NotFound);
      await runSql(system.clickhouse, `DROP TABLE check_${kind}`);
    }
    const streams: string[] = [];
    for await (const name of system.orchestrator.env.jsm.streams.names()) streams.push(name);
    assert.deepEqual(streams, []);
    // The same ids, the same requests: no mark, no key and no message id of the first may hold back a row.
    await check(system, options);
  }));

Deno.test("the system stops under load and starts again on its data", () =>
  withSystem({}, async (bed) => {
    const options = load(12);
    const deadline = performance.now() + options.timeoutMs;
    const runs = [await prepare(bed.system, "dedup", options), await prepare(bed.system, "pass", options)];
    const sending = Promise.all(runs.map((run) => send(bed.system, run, options, deadline)));
    for (const ms of [3_000, 4_000]) {
      await pause(ms);
      await bed.restart();
    }
    await sending;
    for (const run of runs) {
      const { problems, ok } = await settle(bed.system, run, deadline);
      assert.deepEqual(problems, []);
      assert.equal(ok, true);
    }
  }));

async function act(system: System, id: string, action: "stop" | "resume" | "terminate"): Promise<void> {
  await apiRequest(system.apiUrl, "POST", `/api/v1/pipeline/${id}/${action}`);
}

async function reaches(system: System, id: string, wanted: string): Promise<void> {
  await waitFor(() => statusOf(system, id), (status) => status === wanted, 60_000, `${id} to be ${wanted}`);
}

/** Nothing of the pipeline is on its edges. */
async function drained(system: System, id: string): Promise<void> {
  const { jsm } = system.orchestrator.env;
  const waiting = async () => {
    const infos = ["in", "out"].map((edge) => jsm.streams.info(`gf-${pipelineHash(id)}-${edge}`));
    return (await Promise.all(infos)).reduce((sum, info) => sum + info.state.messages, 0);
  };
  await waitFor(waiting, (left) => left === 0, 60_000, `the edges of ${id} to be empty`);
}
