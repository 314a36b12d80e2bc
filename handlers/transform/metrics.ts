/** The transform stage's metrics, under the original's names (`docs/metrics.md`). */
import type { Metrics } from "../../runtime/metrics.ts";
import type { Delivery } from "../../runtime/nats/consumer.ts";
import type { Piece } from "./compute.ts";

export class TransformMetrics {
  readonly #messages;
  readonly #bytes;
  readonly #dead;
  readonly #lag;
  readonly #backpressure;
  readonly #episodes;

  constructor(metrics: Metrics) {
    this.#messages = metrics.counter("gfm_processor_messages_total", "Rows by what a processor did with them");
    this.#bytes = metrics.counter("gfm_bytes_processed_total", "Bytes read and written");
    this.#dead = metrics.counter("gfm_dlq_records_written_total", "Rows sent to the dead-letter queue");
    this.#lag = metrics.gauge("gfm_stream_lag_frames", "Frames waiting on the stage's input");
    this.#backpressure = metrics.gauge("gfm_component_backpressure_active", "1 while the output edge refuses frames");
    this.#episodes = metrics.counter(
      "gfm_component_backpressure_events_total",
      "Times the output edge began to refuse",
    );
  }

  handled(deliveries: readonly Delivery[], pieces: readonly Piece[]): void {
    for (const { bytes, pending, shard } of deliveries) {
      this.#lag.set(pending, { shard: String(shard) });
      this.#bytes.add(bytes, { component: "transform", direction: "in" });
    }
    for (const { output, outcome } of pieces) {
      this.#bytes.add(output.block.length, { component: "transform", direction: "out" });
      this.#messages.add(output.rows, { component: "transform", status: "success" });
      this.#messages.add(outcome.filtered.length, { component: "filter", status: "filtered" });
      this.#messages.add(outcome.deduplicated.length, { component: "dedup", status: "duplicate" });
      for (const row of outcome.dead) {
        this.#messages.add(1, { component: "transform", status: "error" });
        this.#dead.add(1, { component: "dedup", reason: row.reason });
      }
    }
  }

  backpressure(active: boolean): void {
    this.#backpressure.set(active ? 1 : 0, { component: "dedup" });
    if (active) this.#episodes.add(1, { component: "dedup" });
  }
}
