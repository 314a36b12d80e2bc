/** The dead-letter queue as clients see it; writing entries is the sink's and the ingest's business. */
export * from "./entry.ts";
export { CONSUMPTION_KEY, TooManyGaps } from "./consumption.ts";
export * from "./reader.ts";
