/** Kafka sources: one interface, two clients. See `docs/kafka.md`. */
import type { Log } from "../log.ts";
import { PlatformaticSource } from "./platformatic.ts";
import type { KafkaSettings, KafkaSource } from "./source.ts";

export type * from "./source.ts";
export { KAFKA_CLIENTS } from "./source.ts";

export async function openKafkaSource(settings: KafkaSettings, log: Log): Promise<KafkaSource> {
  if (settings.client === "platformatic") return new PlatformaticSource(settings, log);
  // Loaded only where it is chosen.
  const { KafkaJsSource } = await import("./kafkajs.ts");
  return new KafkaJsSource(settings, log);
}
