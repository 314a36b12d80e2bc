/**
 * Fetch requests whose answers stay bytes: the client's own parser makes an object per record. Versions 13 to 17, which name
 * topics by their id, so that a topic that was made anew is never read under its former offsets.
 */
import { createAPI, fetchV13, fetchV15, fetchV17, type Reader } from "@platformatic/kafka";

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
  readonly records: Uint8Array;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const NOTHING = new Uint8Array(0);
const FETCH = 1;

function parse(_correlation: number, _key: number, _version: number, reader: Reader): FetchAnswer {
  reader.readInt32(); // throttling
  const errorCode = reader.readInt16();
  reader.readInt32(); // session
  const partitions: FetchedPartition[] = [];
  reader.readArray((topic) => {
    topic.readUUID();
    topic.readArray((each) => {
      const partition = each.readInt32();
      const code = each.readInt16();
      const highWatermark = Number(each.readInt64());
      each.readInt64(); // last stable offset
      each.readInt64(); // start of the log; not told where it would help
      const aborted = each.readNullableArray((r) => ({
        producerId: r.readInt64(),
        firstOffset: Number(r.readInt64()),
      })) ?? [];
      each.readInt32(); // preferred replica
      const size = each.readUnsignedVarInt() - 1;
      const records = size > 0 ? each.buffer.slice(each.position, each.position + size) : NOTHING;
      if (size > 0) each.skip(size);
      partitions.push({ partition, errorCode: code, highWatermark, aborted, records });
    });
  });
  return { errorCode, partitions };
}

const APIS = [[17, fetchV17], [15, fetchV15], [13, fetchV13]] as const;

/** The newest of these that the brokers speak; null when they speak none. */
export function rawFetch(minVersion: number, maxVersion: number) {
  const found = APIS.find(([version]) => version >= minVersion && version <= maxVersion);
  return found ? createAPI(FETCH, found[0], found[1].createRequest, parse) : null;
}
