/** The ingest stage's metrics, under the original's names where it has them (`docs/metrics.md`). */
import type { Metrics } from "../../runtime/metrics.ts";
import { COMPONENT, type Cut } from "./partition_framer.ts";

const PAUSE_BOUNDS = [.1, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];

export class IngestMetrics {
  readonly #read;
  readonly #bytes;
  readonly #dead;
  readonly #lagRecords;
  readonly #lagSeconds;
  readonly #paused;
  readonly #active;
  readonly #ingestorActive;
  readonly #episodes;
  readonly #ingestorEpisodes;
  readonly #duration;
  readonly #commits;
  readonly #lost;
  #since: number | null = null;

  constructor(metrics: Metrics) {
    this.#read = metrics.counter("gfm_kafka_records_read_total", "Records read from Kafka, also those read again");
    this.#bytes = metrics.counter("gfm_bytes_processed_total", "Bytes read and written");
    this.#dead = metrics.counter("gfm_dlq_records_written_total", "Rows sent to the dead-letter queue");
    this.#lagRecords = metrics.gauge("gfm_kafka_lag_records", "Records of a partition that are not in the table yet");
    this.#lagSeconds = metrics.gauge("gfm_kafka_lag_seconds", "Age of the oldest of them by its Kafka timestamp");
    this.#paused = metrics.gauge("gfm_kafka_paused_partitions", "Partitions whose reading waits for the edge");
    this.#active = metrics.gauge("gfm_component_backpressure_active", "1 while the next edge takes nothing");
    this.#ingestorActive = metrics.gauge("gfm_ingestor_backpressure_active", "1 while the edge takes nothing");
    this.#episodes = metrics.counter(
      "gfm_component_backpressure_events_total",
      "Times the output edge began to refuse",
    );
    this.#ingestorEpisodes = metrics.counter(
      "gfm_ingestor_backpressure_events_total",
      "Times the edge began to refuse",
    );
    this.#duration = metrics.histogram(
      "gfm_ingestor_backpressure_duration_seconds",
      "How long it refused",
      PAUSE_BOUNDS,
    );
    this.#commits = metrics.counter("gfm_kafka_commits_total", "Commits of offsets by their outcome");
    this.#lost = metrics.counter(
      "gfm_kafka_records_lost_total",
      "Records that the brokers dropped before they were read",
    );
  }

  framed({ records, dead, bytes, frames }: Cut): void {
    this.#read.add(records, { component: COMPONENT });
    this.#bytes.add(bytes, { component: COMPONENT, direction: "out" });
    if (dead === 0) return;
    const reasons = frames.flatMap(({ frame }) => frame.dead).map(({ reason }) => reason);
    for (const reason of reasons) this.#dead.add(1, { component: COMPONENT, reason });
  }

  fetched(bytes: number): void {
    this.#bytes.add(bytes, { component: COMPONENT, direction: "in" });
  }

  lag(partition: number, { records, seconds }: { records: number; seconds: number }): void {
    this.#lagRecords.set(records, { partition: String(partition) });
    this.#lagSeconds.set(Math.round(seconds * 1_000) / 1_000, { partition: String(partition) });
  }

  paused(count: number): void {
    this.#paused.set(count);
  }

  /** `now`: milliseconds on any clock. */
  backpressure(active: boolean, now: number): void {
    if (active === (this.#since !== null)) return;
    this.#active.set(active ? 1 : 0, { component: COMPONENT });
    this.#ingestorActive.set(active ? 1 : 0);
    if (active) {
      this.#episodes.add(1, { component: COMPONENT });
      this.#ingestorEpisodes.add(1);
      this.#since = now;
    } else {
      this.#duration.observe((now - this.#since!) / 1_000);
      this.#since = null;
    }
  }

  committed(outcome: "success" | "error"): void {
    this.#commits.add(1, { outcome });
  }

  lost(records: number): void {
    this.#lost.add(records);
  }
}
