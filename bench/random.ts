/** A seeded random source (sfc32) and the texts benches make with it. Fast and repeatable; not for secrets. */
const VOCABULARY =
  ("order cart user page item stock price ship track retry queue cache index shard frame batch lease epoch")
    .split(" ");

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b9);
    this.#c = 0x2545f491;
    for (let i = 0; i < 15; i++) this.#next(); // lets every bit of the seed reach every bit of the state
  }

  /** 32 random bits, unsigned. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 ≤ x < 1. */
  unit(): number {
    return this.#next() / 2 ** 32;
  }
  /** 0 ≤ n < limit, which must not be above 2^32. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }
  /** Both ends are possible. */
  between(lowest: number, highest: number): number {
    return lowest + this.below(highest - lowest + 1);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string {
    let out = "";
    while (out.length < digits) out += this.#next().toString(16).padStart(8, "0");
    return out.slice(0, digits);
  }
  /** A UUID of version 4. */
  uuid(): string {
    const digits = this.hex(32);
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${
      digits.slice(20)
    }`;
  }
  bytes(count: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: count }, () => this.#next() & 0xff);
  }
  word(): string {
    return this.pick(VOCABULARY);
  }
  /** Words up to `length` characters, the last one cut. */
  words(length: number): string {
    let out = "";
    while (out.length < length) out += (out && " ") + this.word();
    return out.slice(0, length);
  }
}
