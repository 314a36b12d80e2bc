/** Schema registries of Kafka sources. See `docs/kafka.md`. */
export { type RegistryAddress, type RegistryOptions, SchemaRegistryClient, type SchemaVersion } from "./client.ts";
export { RegistryRefused, RegistryUnavailable } from "./errors.ts";
export { SchemaCache } from "./schema_cache.ts";
