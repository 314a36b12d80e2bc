/** The receiver's metrics; names and labels of the first four are the original's. */

type Labels = Readonly<Record<string, string>>;

/** What the receiver needs of a metrics registry. */
export interface MetricsRegistry {
  counter(name: string, help: string): { add(value: number, labels?: Labels): void };
  histogram(name: string, help: string): { observe(value: number, labels?: Labels): void };
  /** Prometheus text. */
  render(): string;
}

const component = "otlp.logs";
const transport = "http";

export class ReceiverMetrics {
  readonly #requests;
  readonly #durations;
  readonly #bytes;
  readonly #messages;
  readonly #refused;
  readonly #rejected;
  readonly #unusualIds;

  constructor(readonly registry: MetricsRegistry) {
    this.#requests = registry.counter("gfm_receiver_request_count_total", "Export requests by outcome.");
    this.#durations = registry.histogram("gfm_receiver_request_duration_seconds", "Time from headers to answer.");
    this.#bytes = registry.counter(
      "gfm_bytes_processed_total",
      "Bytes received (in) and bytes of blocks published (out).",
    );
    this.#messages = registry.counter("gfm_processor_messages_total", "Records published.");
    this.#refused = registry.counter("gfm_receiver_refused_requests_total", "Export requests refused, by reason.");
    this.#rejected = registry.counter("gfm_receiver_rejected_records_total", "Records left out of accepted requests.");
    this.#unusualIds = registry.counter(
      "gfm_receiver_unusual_ids_total",
      "Trace and span ids of another length than OpenTelemetry prescribes; passed on as they are.",
    );
  }

  request(pipelineId: string, status: "ok" | "error", seconds: number): void {
    const labels = { component, pipeline_id: pipelineId, transport, status };
    this.#requests.add(1, labels);
    this.#durations.observe(seconds, labels);
  }

  bytesIn(pipelineId: string, bytes: number): void {
    this.#bytes.add(bytes, { component, pipeline_id: pipelineId, direction: "in" });
  }

  published(pipelineId: string, records: number, bytes: number): void {
    this.#messages.add(records, { component, pipeline_id: pipelineId, status: "out" });
    this.#bytes.add(bytes, { component, pipeline_id: pipelineId, direction: "out" });
  }

  refused(pipelineId: string, reason: string): void {
    this.#refused.add(1, { component, pipeline_id: pipelineId, reason });
  }

  rejectedRecords(pipelineId: string, records: number): void {
    this.#rejected.add(records, { component, pipeline_id: pipelineId });
  }

  unusualIds(pipelineId: string, ids: number): void {
    this.#unusualIds.add(ids, { component, pipeline_id: pipelineId });
  }

  render(): string {
    return this.registry.render();
  }
}
