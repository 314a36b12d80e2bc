/** The sink: owns its lanes, and writes what reaches them to ClickHouse. See `docs/exactly-once.md` §5. */
import type { ClickHouseClient } from "@clickhouse/client";
import type { SinkProgram } from "../../pipeline/compile/program.ts";
import { FencedOut } from "../../runtime/errors.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import { Lane, type LaneRecord } from "../../runtime/lane.ts";
import { laneKey } from "../../runtime/nats/names.ts";
import { CasRecord } from "../../runtime/nats/record.ts";
import { LEASE_MS } from "../../runtime/ownership.ts";
import { PartStatus } from "../../runtime/part_status.ts";
import { type ClickHouseAddress, ownShards, type Stage, type WorkerContext } from "../../runtime/stage.ts";
import { connectTarget } from "../../runtime/target/client.ts";
import { Inserter, REQUEST_TIMEOUT_MS } from "./insert.ts";
import { LaneRunner } from "./lane_runner.ts";
import { SinkMetrics } from "./metrics.ts";

export function stage(program: SinkProgram): Stage {
  return { name: "sink", stateful: false, run: (context) => run(program, context) };
}

async function run(program: SinkProgram, context: WorkerContext): Promise<void> {
  const { settings } = context;
  if (!settings.clickhouse) throw new Error("a sink needs the address of its ClickHouse");
  const client = connectTarget(settings.clickhouse, REQUEST_TIMEOUT_MS);
  const metrics = new SinkMetrics(context.metrics);
  const fence = new AbortController();
  const numbers = ownShards(settings.lanes, settings.replica, settings.replicas);
  const own = (number: number) => ownLane(number, program, context, settings.clickhouse!, client, metrics, fence);
  const lanes = numbers.map(own);
  try {
    await Promise.all(lanes);
  } finally {
    fence.abort(new FencedOut("the sink has ended"));
    await Promise.allSettled(lanes);
    await client.close();
  }
}

/** One lane from takeover to drain. Rejects when it is lost; this process then stops touching the others too. */
async function ownLane(
  number: number,
  program: SinkProgram,
  context: WorkerContext,
  address: ClickHouseAddress,
  client: ClickHouseClient,
  metrics: SinkMetrics,
  fence: AbortController,
): Promise<void> {
  const { settings, log } = context;
  const status = new PartStatus(`lane ${number}`, context.report);
  const lane = await Lane.claim(new CasRecord<LaneRecord>(context.kv, laneKey(number)), {
    owner: `sink-${settings.replica}/${crypto.randomUUID()}`,
    claiming: AbortSignal.any([context.draining, fence.signal]),
    owning: fence.signal,
    onWait: (error) => status.waiting(error && error.message),
  });
  failpoint("sink.after_claim");
  log.info({ lane: number, epoch: lane.value.epoch }, "lane taken");
  const inserter = new Inserter({
    client,
    program,
    address,
    queryPrefix: `gf-${settings.hash}-${number}-`,
    confirm: () => lane.confirm(LEASE_MS / 2),
    listener: {
      waiting: (reason, personMustAct) => {
        metrics.waiting(reason !== null);
        if (reason !== null) log.warn({ lane: number, reason }, "ClickHouse does not take rows");
        status.waiting(reason, personMustAct);
      },
      failed: (code, fault) => metrics.failed(code, fault),
    },
  });
  const runner = new LaneRunner({
    context,
    program,
    lane,
    number,
    shards: ownShards(settings.shards, number, settings.lanes),
    inserter,
    metrics,
    status,
    signal: fence.signal,
  });
  const done = new AbortController();
  const kept = lane.keep(AbortSignal.any([done.signal, fence.signal]), LEASE_MS / 3);
  const running = runner.run();
  try {
    await Promise.race([running, kept.then(() => new Promise<never>(() => {}))]);
  } catch (error) {
    fence.abort(error);
    await Promise.allSettled([running]);
    throw error;
  } finally {
    done.abort();
  }
}
