/**
 * The keys a dedup shard has seen within its window, as 128-bit fingerprints in memory.
 *
 * A key is a duplicate from its first sight until the window has passed; further sights do not prolong that. Time is
 * kept in buckets of a sixteenth of the window (at least 1 s): a key is remembered for at least the window and at most
 * one bucket longer, and leaves with its whole bucket. The clock is the highest time that was ever given: an earlier
 * time counts as that one, so late frames neither revive nor lose keys.
 *
 * Additions after `begin` are provisional: `rollback` takes them back when the transaction that was to make them
 * durable failed. It does not turn back the clock.
 *
 * One table with a bucket number per entry, cut into segments that grow alone. What expires is ignored at once, its
 * space is used again by new keys, and every bucket that begins sweeps a few segments, so no call has to clean up much.
 */
import { LoadBatch } from "./load_batch.ts";
import { BUCKET_CYCLE, Segment } from "./segment.ts";

/** Bytes of a fingerprint in a blob: its four words, little-endian. */
export const FINGERPRINT_BYTES = 16;

const BUCKETS = 16;
const SEGMENTS = 256;
/** Every segment is swept within 64 buckets, long before bucket numbers start over. */
const SWEPT_PER_BUCKET = 4;
/** Buckets whose keys count: a window and the bucket that has begun. */
const ALIVE = BUCKETS + 1;

export class Fingerprints {
  readonly #width: number;
  readonly #segments = Array.from({ length: SEGMENTS }, () => new Segment());
  /** By bucket number: 1 while its keys count. */
  readonly #alive = new Uint8Array(256);
  readonly #counts = new Float64Array(256);
  #bucket = Number.NEGATIVE_INFINITY;
  /** First millisecond of the next bucket. */
  #bucketEnds = Number.NEGATIVE_INFINITY;
  #number = 0;
  #sweepNext = 0;
  #pending = false;
  #journal = new Int32Array(4 * 1024);
  #journalLength = 0;

  constructor(options: { windowMs: number }) {
    if (!(options.windowMs > 0)) throw new RangeError("a dedup window must be longer than 0 ms");
    this.#width = Math.max(1000, Math.ceil(options.windowMs / BUCKETS));
  }

  /** Keys that count. */
  get size(): number {
    let size = 0;
    for (let i = 0; i < 256; i++) if (this.#alive[i] === 1) size += this.#counts[i];
    return size;
  }

  /** Memory of the table. */
  get byteLength(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.byteLength, this.#journal.byteLength);
  }

  /** Whether the key was seen within the window before this time. */
  has(a: number, b: number, c: number, d: number, timeMs: number): boolean {
    if (!(timeMs < this.#bucketEnds)) this.#advance(timeMs);
    return this.#segments[b >>> 24].has(a, b, c, d, this.#alive);
  }

  /** Remembers the key unless it is a duplicate; whether it was new. */
  add(a: number, b: number, c: number, d: number, timeMs: number): boolean {
    if (!(timeMs < this.#bucketEnds)) this.#advance(timeMs);
    if (!this.#segments[b >>> 24].add(a, b, c, d, this.#number, this.#alive)) return false;
    this.#counts[this.#number]++;
    if (this.#pending) {
      let at = this.#journalLength;
      if (at === this.#journal.length) {
        const longer = new Int32Array(at * 2);
        longer.set(this.#journal);
        this.#journal = longer;
      }
      const journal = this.#journal;
      journal[at++] = a;
      journal[at++] = b;
      journal[at++] = c;
      journal[at++] = d;
      this.#journalLength = at;
    }
    return true;
  }

  /** Starts a set of additions that can be taken back. */
  begin(): void {
    if (this.#pending) throw new Error("fingerprints: begin() before commit() or rollback() of the frame before");
    this.#pending = true;
    this.#journalLength = 0;
  }

  /** The additions since `begin` as the blob that makes them durable, in the order they were made. */
  pendingBytes(): Uint8Array {
    if (!this.#pending) throw new Error("fingerprints: pendingBytes() outside of begin() … commit()");
    const out = new Uint8Array(this.#journalLength * 4);
    const view = new DataView(out.buffer);
    for (let i = 0; i < this.#journalLength; i++) view.setInt32(i * 4, this.#journal[i], true);
    return out;
  }

  commit(): void {
    if (!this.#pending) throw new Error("fingerprints: commit() without begin()");
    this.#pending = false;
  }

  rollback(): void {
    if (!this.#pending) throw new Error("fingerprints: rollback() without begin()");
    this.#pending = false;
    const journal = this.#journal;
    for (let i = 0; i < this.#journalLength; i += 4) {
      const segment = this.#segments[journal[i + 1] >>> 24];
      const number = segment.remove(journal[i], journal[i + 1], journal[i + 2], journal[i + 3], this.#alive);
      if (number !== 0) this.#counts[number]--;
    }
  }

  /**
   * The bucket that additions at this time go into, as it is stored beside their blob: its last millisecond. A file
   * may therefore be loaded under another window, and its keys are still remembered for at least that window.
   */
  bucketAt(timeMs: number): number {
    if (!(timeMs < this.#bucketEnds)) this.#advance(timeMs);
    return this.#bucketEnds - 1;
  }

  /** Stored buckets below this no longer count and may be deleted. */
  get expiredBefore(): number {
    return (this.#bucket - ALIVE + 1) * this.#width;
  }

  /** Makes room for keys that are about to be loaded. */
  reserve(keys: number): void {
    // Segments fill evenly; 4 standard deviations more.
    const share = keys / SEGMENTS;
    const entries = Math.ceil(share + 4 * Math.sqrt(share));
    for (const segment of this.#segments) segment.reserve(entries, this.#alive);
  }

  /**
   * Takes in stored blobs, each with its bucket, in any order; expired ones are ignored. Many keys at a time are sorted
   * by segment first, because memory that was touched a moment ago is several times faster than memory that was not.
   */
  load(blobs: Iterable<{ readonly bytes: Uint8Array; readonly bucket: number }>): void {
    if (this.#pending) throw new Error("fingerprints: load() between begin() and commit()");
    const staged = new LoadBatch();
    for (const { bytes, bucket } of blobs) {
      if (bytes.length % FINGERPRINT_BYTES !== 0) {
        throw new RangeError("a fingerprint blob is not a multiple of 16 bytes");
      }
      if (!(bucket < this.#bucketEnds)) {
        if (Math.floor(bucket / this.#width) - this.#bucket >= ALIVE) staged.clear();
        this.#advance(bucket);
      }
      const age = this.#bucket - Math.floor(bucket / this.#width);
      if (age >= ALIVE) continue;
      const number = (this.#number - 1 - age + BUCKET_CYCLE) % BUCKET_CYCLE + 1;
      for (let from = 0; from < bytes.length;) {
        from = staged.take(bytes, from, number);
        if (staged.isFull) this.#flush(staged);
      }
    }
    this.#flush(staged);
  }

  #flush(staged: LoadBatch): void {
    const alive = this.#alive;
    const keys = staged.sorted();
    for (let i = 0; i < staged.length; i++) {
      const number = staged.numbers[keys[i]];
      if (alive[number] === 0) continue;
      const k = keys[i] * 4;
      const b = staged.words[k + 1];
      const segment = this.#segments[b >>> 24];
      if (segment.add(staged.words[k], b, staged.words[k + 2], staged.words[k + 3], number, alive)) {
        this.#counts[number]++;
      }
    }
    staged.clear();
  }

  #advance(timeMs: number): void {
    const bucket = Math.floor(timeMs / this.#width);
    if (!Number.isSafeInteger(bucket)) throw new RangeError(`fingerprints: ${timeMs} is not a time in milliseconds`);
    const steps = bucket - this.#bucket;
    this.#bucket = bucket;
    this.#bucketEnds = (bucket + 1) * this.#width;
    if (steps >= ALIVE) { // also the first time of all, when nothing but reserved room is there
      if (steps < Infinity) { for (const segment of this.#segments) segment.clear(); }
      this.#alive.fill(0);
      this.#counts.fill(0);
      this.#number = 1;
      for (let age = 0; age < ALIVE; age++) this.#alive[(BUCKET_CYCLE - age) % BUCKET_CYCLE + 1] = 1;
      return;
    }
    for (let step = 0; step < steps; step++) {
      const oldest = (this.#number - ALIVE + BUCKET_CYCLE) % BUCKET_CYCLE + 1;
      this.#alive[oldest] = 0;
      this.#number = this.#number % BUCKET_CYCLE + 1;
      this.#alive[this.#number] = 1;
      this.#counts[this.#number] = 0;
      for (let i = 0; i < SWEPT_PER_BUCKET; i++) {
        this.#segments[this.#sweepNext].sweep(this.#alive);
        this.#sweepNext = (this.#sweepNext + 1) % SEGMENTS;
      }
    }
  }
}
