/** The OpenTelemetry JS SDK's own exporter against the receiver, over a socket. */
import assert from "node:assert/strict";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { readBlock } from "../pipeline/native/mod.ts";
import { rowsOf } from "./testing/frame_rows.ts";
import { memoryReceiver, SHOP } from "./testing/memory_receiver.ts";

type Compression = NonNullable<ConstructorParameters<typeof OTLPLogExporter>[0]>["compression"];

for (const compression of ["none", "gzip"] as const) {
  Deno.test(`the SDK's protobuf exporter, compression ${compression}`, async () => {
    const { receiver, published } = memoryReceiver();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, receiver.fetch);
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "shop-checkout" }),
      processors: [
        new BatchLogRecordProcessor({
          exporter: new OTLPLogExporter({
            url: `http://127.0.0.1:${server.addr.port}/v1/logs`,
            headers: { "x-glassflow-pipeline-id": SHOP.pipelineId },
            compression: compression as Compression,
          }),
        }),
      ],
    });
    try {
      const logger = provider.getLogger("shop.cart", "2.1.0");
      for (let i = 0; i < 10; i++) {
        logger.emit({
          timestamp: [1767225600, i],
          severityNumber: 9,
          severityText: "INFO",
          eventName: "cart.updated",
          body: { order: i, lines: ["a", "b"] },
          attributes: { "user.id": `u${i}`, retries: i, ratio: 0.5, paid: true, tags: ["x", "y"] },
        });
      }
      await provider.forceFlush();
    } finally {
      await provider.shutdown();
      await server.shutdown();
    }
    const rows = published.flatMap(({ frame }) => {
      const block = frame.payload.subarray(0, Number(frame.headers["Gf-Block"]));
      const { rows } = readBlock(block);
      return rowsOf({
        blocks: [{ rows, block, columnLengths: [], shard: 0, id: "" }],
        accepted: 0,
        rejected: 0,
        unusualIds: 0,
      });
    });
    assert.equal(rows.length, 10);
    const { resource_attributes: resource, observed_timestamp: _, ...row } = rows[3];
    assert.equal((resource as Record<string, string>)["service.name"], "shop-checkout");
    assert.deepEqual(row, {
      timestamp: "2026-01-01T00:00:00.000000003Z",
      severity_number: 9,
      severity_text: "INFO",
      body: '{"lines":["a","b"],"order":3}',
      trace_id: "",
      span_id: "",
      flags: 0,
      dropped_attributes_count: 0,
      scope_name: "shop.cart",
      scope_version: "2.1.0",
      scope_attributes: {},
      attributes: { paid: "true", ratio: "0.5", retries: "3", tags: '["x","y"]', "user.id": "u3" },
      event_name: "cart.updated",
      resource_schema_url: "",
      scope_schema_url: "",
      resource_dropped_attributes_count: 0,
      scope_dropped_attributes_count: 0,
    });
  });
}
