/** Fingerprints on their way from a state file into the table, sorted by segment a batch at a time. */

const CAPACITY = 1 << 17;

export class LoadBatch {
  /** Four words per fingerprint, in the order they came. */
  readonly words = new Int32Array(CAPACITY * 4);
  /** Bucket number per fingerprint. */
  readonly numbers = new Uint8Array(CAPACITY);
  length = 0;
  readonly #order = new Uint32Array(CAPACITY);
  readonly #bytes = new Uint8Array(this.words.buffer);

  get isFull(): boolean {
    return this.length === CAPACITY;
  }

  clear(): void {
    this.length = 0;
  }

  /** Takes fingerprints from `bytes` at `from` as far as there is room; returns the offset behind them. */
  take(bytes: Uint8Array, from: number, number: number): number {
    const to = Math.min(bytes.length, from + (CAPACITY - this.length) * 16);
    this.#bytes.set(bytes.subarray(from, to), this.length * 16);
    const length = this.length + (to - from) / 16;
    this.numbers.fill(number, this.length, length);
    this.length = length;
    return to;
  }

  /** Their places, ordered by the top byte of the second word (a counting sort). */
  sorted(): Uint32Array {
    const { words, length } = this;
    const next = new Uint32Array(257);
    for (let i = 0; i < length; i++) next[(words[i * 4 + 1] >>> 24) + 1]++;
    for (let s = 0; s < 256; s++) next[s + 1] += next[s];
    for (let i = 0; i < length; i++) this.#order[next[words[i * 4 + 1] >>> 24]++] = i;
    return this.#order;
  }
}
