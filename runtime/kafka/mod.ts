/** Kafka sources: one interface, two clients. See `docs/kafka.md`. */
import type { Log } from "../log.ts";
import { PlatformaticSource } from "./platformatic.ts";
import type { KafkaSettings, KafkaSource } from "./source.ts";

export type * from "./source.ts";
export { KAFKA_CLIENTS } from "./source.ts";

export function openKafkaSource(settings: KafkaSettings, log: Log): Promise<KafkaSource> {
  return Promise.resolve(new PlatformaticSource(settings, log));
}
