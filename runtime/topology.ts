/**
 * How many virtual shards a pipeline has: fixed when the pipeline is created and never changed by an edit, since frames that
 * wait on the edges and keys that are remembered belong to shards.
 */
import type { KV } from "@nats-io/kv";
import { CasRecord } from "./nats/record.ts";

export interface Topology {
  /** A power of two. */
  readonly shards: number;
}

const KEY = "topology";

/** The pipeline's topology; the first caller's proposal is what stays. */
export async function fixTopology(kv: KV, proposal: Topology): Promise<Topology> {
  const record = new CasRecord<Topology>(kv, KEY);
  const known = await record.read();
  if (known) return known.value;
  const written = await record.write(proposal, 0);
  return written?.value ?? await fixTopology(kv, proposal);
}

/** Null before the pipeline was ever started. */
export async function readTopology(kv: KV): Promise<Topology | null> {
  return (await new CasRecord<Topology>(kv, KEY).read())?.value ?? null;
}
