/**
 * Terminate gives up what is under way. What still refers to it is forgotten here, by writes that fence every owner there
 * was: state files that are gone on purpose must not be missed, and an open plan must not wait for frames that are gone.
 */
import type { KV } from "@nats-io/kv";
import type { LaneRecord } from "../lane.ts";
import { laneKey, ownerKey } from "../nats/names.ts";
import { CasRecord } from "../nats/record.ts";
import type { OwnerRecord } from "../ownership.ts";

export async function forgetUnderWay(kv: KV, shards: number, lanes: number): Promise<void> {
  for (let shard = 0; shard < shards; shard++) {
    await rewrite<OwnerRecord>(
      kv,
      ownerKey("transform", shard),
      ({ epoch }) => ({ epoch: epoch + 1, owner: "", beat: 0 }),
    );
  }
  for (let lane = 0; lane < lanes; lane++) {
    await rewrite<LaneRecord>(kv, laneKey(lane), (now) => ({
      ...now,
      epoch: now.epoch + 1,
      owner: "",
      beat: 0,
      plan: null,
    }));
  }
}

/** Changes a record that exists, whoever else writes it meanwhile. */
async function rewrite<T>(kv: KV, key: string, change: (now: T) => T): Promise<void> {
  const record = new CasRecord<T>(kv, key);
  for (let now = await record.read(); now; now = await record.read()) {
    if (await record.write(change(now.value), now.revision)) return;
  }
}
