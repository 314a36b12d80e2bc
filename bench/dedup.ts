/**
 * State of one dedup shard: keys hashed, looked up, remembered and committed in frames of 1 000; one key in ten is a
 * duplicate. Every transaction is synced: 16 frames in one, as the stage does under load, and one frame in each.
 * Then the restart: reading everything back from the file. `value`: keys per second, durable, 16 frames a transaction.
 */
import { join } from "node:path";
import { hash128 } from "../pipeline/native/mod.ts";
import { Fingerprints, type FrameCommit, openStateFile } from "../runtime/state/mod.ts";
import { RowPerKey } from "./baseline/row_per_key.ts";
import { type Side, significant, takeTurns } from "./measure.ts";
import { Random } from "./random.ts";
import type { Bench } from "./result.ts";

const FRAME = 1_000;
const WINDOW_MS = 3_600_000;
/** Frames in one transaction when more than one waits; the stage takes up to 64. */
const GROUP = 16;
const KEYS_PER_ROUND = 320_000;
const BASELINE_KEYS_PER_ROUND = 32_000;
const KEY_BYTES = 36;
const EPOCH = 1;

export const bench: Bench = {
  about: "dedup state: fingerprints and frame commits against one SQLite row per key",
  async run(note) {
    const folder = await Deno.makeTempDir({ prefix: "glassflow-bench-" });
    try {
      const path = join(folder, "state.db");
      const file = openStateFile(path, { epoch: EPOCH, newFileId: "bench" });
      const shard = new Shard(new Fingerprints({ windowMs: WINDOW_MS }), file);
      const rows = new RowPerKey(join(folder, "rows.db"));
      const ourKeys = new Keys(1), baselineKeys = new Keys(2);
      note(`measuring; the files are in ${folder}`);
      const measured = await takeTurns({
        ours: frames(ourKeys, KEYS_PER_ROUND, GROUP, (group) => shard.take(group)),
        baseline: frames(baselineKeys, BASELINE_KEYS_PER_ROUND, GROUP, (group) => rows.take(group)),
        oursSingly: frames(ourKeys, KEYS_PER_ROUND, 1, (group) => shard.take(group)),
        baselineSingly: frames(baselineKeys, BASELINE_KEYS_PER_ROUND, 1, (group) => rows.take(group)),
      }, { rounds: 7, budgetMs: 30_000 });
      const { size, byteLength } = shard.fingerprints;
      if (size !== ourKeys.distinct) throw new Error(`${size} keys are remembered, ${ourKeys.distinct} were sent`);
      file.close();
      rows.close();
      const bytesOnDisk = await fileBytes(path);

      note("restarting");
      let restored = 0;
      const restart = await takeTurns({
        ours: { run: () => ({ events: restored = reload(path) }) },
      }, { rounds: 5, budgetMs: 15_000 });
      if (restored !== size) throw new Error(`${restored} keys after the restart, ${size} before`);
      return {
        value: Math.round(measured.ours.rate),
        unit: "keys/s",
        baseline: Math.round(measured.baseline.rate),
        ratio: significant(measured.ours.rate / measured.baseline.rate),
        cpu_seconds_per_million_events: {
          ours: measured.ours.perMillion("ours"),
          baseline: measured.baseline.perMillion("ours"),
        },
        keys_per_cpu_second: Math.round(measured.ours.perCpuSecond("ours")),
        one_frame_per_transaction: {
          keys_per_second: Math.round(measured.oursSingly.rate),
          keys_per_cpu_second: Math.round(measured.oursSingly.perCpuSecond("ours")),
          baseline_keys_per_second: Math.round(measured.baselineSingly.rate),
          ratio: significant(measured.oursSingly.rate / measured.baselineSingly.rate),
        },
        keys_remembered: size,
        bytes_of_memory_per_key: significant(byteLength / size),
        bytes_of_disk_per_key: significant(bytesOnDisk / size),
        baseline_bytes_of_disk_per_key: significant(await fileBytes(join(folder, "rows.db")) / baselineKeys.distinct),
        restart_keys_per_second: Math.round(restart.ours.rate),
      };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

/** Keys of a frame back to back, `KEY_BYTES` each. */
type Frame = Uint8Array;

/** Hands `keys` keys to `take` in groups of frames. Making the keys is not the state's work. */
function frames(source: Keys, keys: number, group: number, take: (frames: readonly Frame[]) => void): Side {
  let groups: Frame[][] = [];
  return {
    prepare() {
      groups = [];
      for (let left = keys / FRAME; left > 0; left -= group) groups.push(source.frames(Math.min(group, left)));
    },
    run() {
      for (const each of groups) take(each);
      return { events: keys };
    },
  };
}

class Shard {
  readonly #hash = new Int32Array(4);
  #sequence = 0;
  #time = Date.UTC(2026, 0, 1);

  constructor(readonly fingerprints: Fingerprints, readonly file: ReturnType<typeof openStateFile>) {}

  /** One transaction. */
  take(frames: readonly Frame[]): void {
    const { fingerprints } = this;
    const hash = this.#hash;
    const commits = frames.map((frame): FrameCommit => {
      const time = this.#time++;
      fingerprints.begin();
      for (let at = 0; at < frame.length; at += KEY_BYTES) {
        hash128(frame, at, at + KEY_BYTES, hash);
        fingerprints.add(hash[0], hash[1], hash[2], hash[3], time);
      }
      const keys = fingerprints.pendingBytes();
      fingerprints.commit();
      return {
        epoch: EPOCH,
        inSequence: ++this.#sequence,
        fingerprints: keys,
        bucket: fingerprints.bucketAt(time),
      };
    });
    this.file.commitFrames(commits);
  }
}

/** What a worker does before it takes its first frame. */
function reload(path: string): number {
  const file = openStateFile(path, { epoch: EPOCH, newFileId: "unused" });
  try {
    const fingerprints = new Fingerprints({ windowMs: WINDOW_MS });
    fingerprints.reserve(file.fingerprintCount());
    fingerprints.load(file.fingerprints());
    return fingerprints.size;
  } finally {
    file.close();
  }
}

/** UUIDs; every tenth is one of the frame's own earlier keys. */
class Keys {
  readonly #random: Random;
  distinct = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  frames(count: number): Frame[] {
    return Array.from({ length: count }, () => this.#frame());
  }

  #frame(): Frame {
    const frame = new Uint8Array(FRAME * KEY_BYTES);
    for (let i = 0; i < FRAME; i++) {
      const at = i * KEY_BYTES;
      if (i % 10 === 9) frame.copyWithin(at, (i - 5) * KEY_BYTES, (i - 4) * KEY_BYTES);
      else {
        encoder.encodeInto(this.#random.uuid(), frame.subarray(at));
        this.distinct++;
      }
    }
    return frame;
  }
}

async function fileBytes(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}

const encoder = new TextEncoder();
