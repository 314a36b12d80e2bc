/** What the local orchestrator tells of a pipeline whose ClickHouse does not answer, and that a delete is done when it says so. */
import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { waitFor } from "../../../cli/client.ts";
import { otlpConfig } from "../../../handlers/api/api_bed.ts";
import { parsePipelineConfig } from "../../../pipeline/config/mod.ts";
import {
  type Catalog,
  openCatalog,
  PipelineNotFound,
  type PipelineStatus,
  stored,
} from "../../../runtime/catalog/mod.ts";
import { Buckets } from "../../../runtime/local/buckets.ts";
import { LocalOrchestrator } from "../../../runtime/local/orchestrator.ts";
import { createLog } from "../../../runtime/log.ts";
import { connectNats } from "../../../runtime/nats/connect.ts";
import { openBucket } from "../../../runtime/nats/streams.ts";
import { serviceTest, withNats } from "../../services/mod.ts";

const PATIENCE_MS = 30_000;

interface Bed {
  readonly catalog: Catalog;
  readonly orchestrator: LocalOrchestrator;
  /** A pipeline on the silent ClickHouse, as an earlier run of the system left it. */
  left(id: string, status: PipelineStatus, reason?: string): Promise<void>;
  reason(id: string): Promise<string | null>;
  /** The silent ClickHouse refuses from now on. */
  closeTarget(): void;
}

/** The target takes connections and never answers, so that a start stays where it is. */
async function withOrchestrator(use: (bed: Bed) => Promise<void>): Promise<void> {
  await withNats(async ({ url }) => {
    const nc = await connectNats({ servers: url }, "test-orchestrator");
    const dataDir = await Deno.makeTempDir();
    const catalog = await openCatalog();
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken: Deno.Conn[] = [];
    const taking = (async () => {
      for await (const connection of silent) taken.push(connection);
    })();
    let open = true;
    const closeTarget = () => {
      if (open) silent.close();
      open = false;
      for (const connection of taken.splice(0)) connection.close();
    };
    const orchestrator = new LocalOrchestrator({
      jsm: await jetstreamManager(nc),
      nats: { servers: url },
      buckets: new Buckets((hash) => openBucket(nc, hash)),
      dataDir,
      log: createLog("test", "silent"),
      logLevel: "silent",
      streamMaxBytes: 1 << 20,
    }, catalog);
    const target = { host: "127.0.0.1", http_port: String((silent.addr as Deno.NetAddr).port) };
    try {
      await use({
        catalog,
        orchestrator,
        closeTarget,
        async left(id, status, reason) {
          const wire = otlpConfig(id) as { sink: { connection_params: object } };
          Object.assign(wire.sink.connection_params, target);
          await catalog.createPipeline({ id, ...stored(parsePipelineConfig(wire)) });
          if (status !== "Created") await catalog.transition(id, ["Created"], status);
          if (reason) await catalog.setReason(id, status, reason);
        },
        reason: async (id) => (await catalog.get(id)).reason,
      });
    } finally {
      closeTarget();
      await taking;
      await orchestrator.close();
      await catalog.close();
      await nc.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}

serviceTest(
  "orchestrator: a reason of the run before is not shown",
  ["nats"],
  () =>
    withOrchestrator(async ({ orchestrator, left, reason }) => {
      await left("ran-before", "Running", "what the run before suffered from");
      await orchestrator.resumeAll();
      await waitFor(() => reason("ran-before"), (now) => now === null, PATIENCE_MS, "the reason to go");
    }),
);

serviceTest(
  "orchestrator: a first start that waits says how the pipeline can be changed",
  ["nats"],
  () =>
    withOrchestrator(async ({ orchestrator, left, reason, closeTarget }) => {
      closeTarget();
      await left("never-ran", "Created");
      await orchestrator.resumeAll();
      const waits = await waitFor(() => reason("never-ran"), (now) => now !== null, PATIENCE_MS, "a reason");
      assert.match(
        waits!,
        /^cannot reach ClickHouse .*; to change the pipeline meanwhile, terminate it, then edit it$/,
      );
    }),
);

serviceTest(
  "orchestrator: what is deleted is gone when delete resolves",
  ["nats"],
  () =>
    withOrchestrator(async ({ orchestrator, catalog, left }) => {
      await left("to-delete", "Failed");
      await catalog.beginDelete("to-delete", {});
      await orchestrator.delete("to-delete");
      await assert.rejects(catalog.get("to-delete"), PipelineNotFound);
    }),
);
