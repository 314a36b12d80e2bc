/** The sink: owns its lanes, and writes what reaches them to ClickHouse. See `docs/exactly-once.md` §5. */
import type { SinkProgram } from "../../pipeline/compile/program.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import { Lane, type LaneRecord } from "../../runtime/lane.ts";
import { laneKey } from "../../runtime/nats/names.ts";
import { sleep } from "../../runtime/nats/publish.ts";
import { CasRecord } from "../../runtime/nats/record.ts";
import { LEASE_MS } from "../../runtime/ownership.ts";
import { ownShards, type Stage, type WorkerContext } from "../../runtime/stage.ts";
import { connectTarget } from "../../runtime/target/client.ts";
import { Inserter, REQUEST_TIMEOUT_MS } from "./insert.ts";
import { LaneRunner } from "./lane_runner.ts";
import { SinkMetrics } from "./metrics.ts";

export function stage(program: SinkProgram): Stage {
  return { name: "sink", stateful: false, run: (context) => run(program, context) };
}

async function run(program: SinkProgram, context: WorkerContext): Promise<void> {
  const { settings, log } = context;
  if (!settings.clickhouse) throw new Error("a sink needs the address of its ClickHouse");
  const client = connectTarget(settings.clickhouse, REQUEST_TIMEOUT_MS);
  const metrics = new SinkMetrics(context.metrics);
  const fence = new AbortController();
  try {
    const lanes = ownShards(settings.lanes, settings.replica, settings.replicas);
    await Promise.all(lanes.map(async (number) => {
      const owner = `sink-${settings.replica}/${crypto.randomUUID()}`;
      const record = new CasRecord<LaneRecord>(context.kv, laneKey(number));
      const lane = await Lane.claim(record, owner, AbortSignal.any([context.draining, fence.signal]));
      failpoint("sink.after_claim");
      log.info({ lane: number, epoch: lane.value.epoch }, "lane taken");
      const inserter = new Inserter(client, program, settings.clickhouse!, settings.hash, {
        waiting: (reason, personMustAct) => {
          metrics.waiting(reason !== null);
          if (reason !== null) log.warn({ lane: number, reason }, "ClickHouse does not take rows");
          context.report(
            `lane ${number}`,
            reason === null ? { state: "running" } : { state: personMustAct ? "blocked" : "waiting", reason },
          );
        },
        failed: (code, fault) => metrics.failed(code, fault),
      });
      const shards = ownShards(settings.shards, number, settings.lanes);
      const done = new AbortController();
      const lease = keepLease(lane, AbortSignal.any([done.signal, fence.signal]));
      const runner = new LaneRunner({
        context,
        program,
        lane,
        number,
        shards,
        inserter,
        metrics,
        signal: fence.signal,
      });
      try {
        await Promise.race([runner.run(), lease.then(() => new Promise<never>(() => {}))]);
      } finally {
        done.abort();
        await lease.catch(() => undefined); // a lost lease already ended the race above
      }
    }));
  } catch (error) {
    fence.abort(error);
    throw error;
  } finally {
    await client.close();
  }
}

/** Shows that the owner is alive by writing; learns of a newer owner by being refused. */
async function keepLease(lane: Lane, signal: AbortSignal): Promise<void> {
  let seen = -1;
  while (!signal.aborted) {
    const looked = performance.now();
    try {
      await sleep(LEASE_MS / 3, signal);
    } catch {
      return;
    }
    if (performance.now() - looked > LEASE_MS / 2 + LEASE_MS / 3) {
      throw new Error(`this process stood still for longer than half a lease (${LEASE_MS} ms)`);
    }
    if (lane.value.beat === seen) await lane.change((now) => ({ ...now, beat: now.beat + 1 }));
    seen = lane.value.beat;
  }
}
