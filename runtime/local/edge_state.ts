/** How much waits on an edge. */
import type { JetStreamManager } from "@nats-io/jetstream";
import { apiErrorCode } from "../nats/api_error.ts";
import { type Edge, streamName } from "../nats/names.ts";

export interface EdgeState {
  readonly frames: number;
  readonly bytes: number;
}

const STREAM_NOT_FOUND = 10059;

/** Nothing waits on an edge that is not there. */
export async function edgeState(jsm: JetStreamManager, hash: string, edge: Edge): Promise<EdgeState> {
  try {
    const { messages, bytes } = (await jsm.streams.info(streamName(hash, edge))).state;
    return { frames: messages, bytes };
  } catch (error) {
    if (apiErrorCode(error) === STREAM_NOT_FOUND) return { frames: 0, bytes: 0 };
    throw error;
  }
}
