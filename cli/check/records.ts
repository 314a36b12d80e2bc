/** The check's events as JSON records of a Kafka topic. */
import { timeText } from "./time_text.ts";
import type { CheckEvent } from "./events.ts";

/** Where the records go: a broker, and a producer that is not the reader's client. */
export interface CheckBroker {
  /** `connection_params` of the source. */
  readonly connection: Readonly<Record<string, unknown>>;
  readonly partitions: number;
  /** Ingest workers. */
  readonly replicas?: number;
  createTopic(topic: string, partitions: number): Promise<void>;
  openProducer(topic: string): Promise<CheckProducer>;
}

export interface CheckProducer {
  write(records: readonly CheckRecord[]): Promise<void>;
  /** Resolves when the brokers have everything. */
  close(): Promise<void>;
}

export interface CheckRecord {
  readonly key: string;
  readonly value: string;
}

export interface RecordSendOptions {
  readonly batch: number;
  readonly pace?: () => Promise<void>;
}

export async function sendRecords(
  events: readonly CheckEvent[],
  producer: CheckProducer,
  { batch, pace }: RecordSendOptions,
): Promise<void> {
  for (let i = 0; i < events.length; i += batch) {
    await pace?.();
    await producer.write(events.slice(i, i + batch).map(recordOf));
  }
  await producer.close();
}

/** Every other broken event is broken in its record already: a field has the wrong type. */
function recordOf(event: CheckEvent, i: number): CheckRecord {
  const { id, amount, note } = event;
  const wrong = event.fate === "broken" && i % 2 === 0;
  const value = {
    event_id: id,
    at: timeText(event.timeUnixNano),
    severity_number: wrong ? "wrong" : event.severityNumber,
    severity_text: event.severityText,
    meta: { service: event.service },
    body: event.body,
    attributes: { event_id: id, amount, note },
    more: [1, { nested: true }],
  };
  return { key: id, value: JSON.stringify(value) };
}
