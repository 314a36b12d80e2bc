/** The sink's metrics, under the original's names. */
import type { Delivery } from "../../runtime/nats/consumer.ts";
import type { Metrics } from "../../runtime/metrics.ts";
import { rowsOf, type TrimmedFrame } from "./plan.ts";

export class SinkMetrics {
  readonly #written;
  readonly #messages;
  readonly #dead;
  readonly #batchRows;
  readonly #batchBytes;
  readonly #errors;
  readonly #lag;
  readonly #waiting;

  constructor(metrics: Metrics) {
    this.#written = metrics.counter("gfm_clickhouse_records_written_total", "Rows stored in ClickHouse");
    this.#messages = metrics.counter("gfm_processor_messages_total", "Rows by what a processor did with them");
    this.#dead = metrics.counter("gfm_dlq_records_written_total", "Rows sent to the dead-letter queue");
    this.#batchRows = metrics.histogram("gfm_sink_batch_size_records", "Rows per insert", [1, 10, 100, 1e3, 1e4, 1e5]);
    this.#batchBytes = metrics.histogram(
      "gfm_sink_batch_size_bytes",
      "Bytes per insert",
      [1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20, 100 << 20],
    );
    this.#errors = metrics.counter("gfm_sink_errors_by_classification_total", "Failed inserts");
    this.#lag = metrics.gauge("gfm_stream_lag_frames", "Frames waiting on the stage's input");
    this.#waiting = metrics.gauge("gfm_component_backpressure_active", "1 while the target does not take rows");
  }

  /** A plan is done. `rejected`: its rows that ClickHouse refused; `dead`: rows that were dead when they came. */
  written(frames: readonly TrimmedFrame[], rejected: number, dead: number): void {
    const rows = rowsOf(frames) - rejected;
    if (rejected > 0) this.#dead.add(rejected, { component: "sink", reason: "sink_rejection" });
    this.#written.add(rows, { component: "sink" });
    this.#messages.add(rows, { component: "sink", status: "success" });
    this.#batchRows.observe(rows);
    this.#batchBytes.observe(frames.reduce((sum, { frame }) => sum + frame.block.length, 0));
    if (dead + rejected > 0) this.#messages.add(dead + rejected, { component: "sink", status: "error" });
  }

  acknowledged(batch: readonly Delivery[]): void {
    for (const { shard, pending } of batch) this.#lag.set(pending, { shard: String(shard) });
  }

  failed(code: number | null, fault: string): void {
    const classification = fault === "transient" ? "retryable" : "permanent";
    this.#errors.add(1, { classification, error_name: code === null ? "network_io" : String(code) });
  }

  waiting(active: boolean): void {
    this.#waiting.set(active ? 1 : 0, { component: "sink" });
  }
}
