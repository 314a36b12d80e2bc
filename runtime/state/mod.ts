/** State of a keyed shard: fingerprints in memory, and the file that makes them, marks and output durable. */
export * from "./errors.ts";
export { Fingerprints } from "./fingerprints.ts";
export { type FrameCommit, openStateFile, type OutboxFrame, type PendingFrame, type StateFile } from "./state_file.ts";
