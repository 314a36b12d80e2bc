/**
 * State of one dedup shard: keys hashed, looked up, remembered and committed in frames of 1 000, one synced transaction
 * per frame. One key in ten is a duplicate. Then the restart: reading everything back from the file.
 * `value`: keys per second, durable.
 */
import { join } from "node:path";
import { hash128 } from "../pipeline/native/mod.ts";
import { Fingerprints, openStateFile } from "../runtime/state/mod.ts";
import { RowPerKey } from "./baseline/row_per_key.ts";
import { significant, takeTurns, type Work } from "./measure.ts";
import { Random } from "./random.ts";
import type { Bench } from "./result.ts";

const FRAME = 1_000;
const WINDOW_MS = 3_600_000;
const KEYS_PER_ROUND = 400_000;
const BASELINE_KEYS_PER_ROUND = 30_000;
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
        ours: { run: () => timed(ourKeys.frames(KEYS_PER_ROUND), (frame) => shard.take(frame)) },
        baseline: { run: () => timed(baselineKeys.frames(BASELINE_KEYS_PER_ROUND), (frame) => rows.take(frame)) },
      }, { rounds: 7, budgetMs: 25_000 });
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

/** Only `take` is timed: making the keys is not the state's work. */
function timed(frames: readonly Frame[], take: (frame: Frame) => void): Work {
  const began = performance.now();
  for (const frame of frames) take(frame);
  return { events: frames.length * FRAME, seconds: (performance.now() - began) / 1000 };
}

class Shard {
  readonly #hash = new Int32Array(4);
  #sequence = 0;
  #time = Date.UTC(2026, 0, 1);

  constructor(readonly fingerprints: Fingerprints, readonly file: ReturnType<typeof openStateFile>) {}

  take(frame: Frame): void {
    const { fingerprints } = this;
    const hash = this.#hash;
    const time = this.#time++;
    fingerprints.begin();
    for (let at = 0; at < frame.length; at += KEY_BYTES) {
      hash128(frame, at, at + KEY_BYTES, hash);
      fingerprints.add(hash[0], hash[1], hash[2], hash[3], time);
    }
    this.file.commitFrame({
      epoch: EPOCH,
      inSequence: ++this.#sequence,
      fingerprints: fingerprints.pendingBytes(),
      bucket: fingerprints.bucketAt(time),
    });
    fingerprints.commit();
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

  frames(keys: number): Frame[] {
    return Array.from({ length: keys / FRAME }, () => this.#frame());
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
