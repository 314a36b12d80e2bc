/** Names of what a pipeline owns in NATS. `hash` = the first 8 hex digits of SHA-256 of the pipeline id. */

/** `in`: receiver or ingest → transform. `out`: transform → sink. */
export type Edge = "in" | "out";

export const streamName = (hash: string, edge: Edge): string => `gf-${hash}-${edge}`;
export const edgeSubjects = (hash: string, edge: Edge): string => `gf.${hash}.${edge}.*`;
export const edgeSubject = (hash: string, edge: Edge, shard: number): string => `gf.${hash}.${edge}.${shard}`;

/** Key-value bucket with owner records and lane keys. */
export const bucketName = (hash: string): string => `gf-${hash}`;
export const ownerKey = (stage: string, shard: number): string => `owner.${stage}.${shard}`;
export const laneKey = (lane: number): string => `lane.${lane}`;

/** The dead-letter stream keeps the original's name. */
export const dlqStream = (hash: string): string => `gfm-${hash}-DLQ`;
/** One subject per identity: component, origin (made a single token) and position. */
export const dlqSubject = (hash: string, component: string, origin: string, position: number): string =>
  `${dlqStream(hash)}.failed.${component}.${origin.replaceAll(/[^A-Za-z0-9_-]/g, "_")}.${position}`;

export const consumerName = (stage: string, shard: number, epoch: number): string => `${stage}-${shard}-e${epoch}`;
