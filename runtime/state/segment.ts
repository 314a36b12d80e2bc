/**
 * One part of the fingerprint table: open addressing with linear probing over 18 bytes per slot.
 *
 * A probe walks 16-bit tags (the entry's time bucket in the low byte, 8 bits of the fingerprint in the high byte) and
 * looks at the 16 bytes of a fingerprint only where the tag agrees, so a lookup costs about two cache misses even when
 * the table is full to 85 %. Growth is by a fifth and per segment: never a doubling of the whole, 21 to 26 bytes per key.
 */

/** Bucket numbers of entries run from 1 to this and start over. */
export const BUCKET_CYCLE = 254;
/** In place of a bucket number: an entry that was taken back. */
const REMOVED = 255;

const MAX_LOAD = 0.85;
const GROWTH = 1.2;
const MIN_SLOTS = 16;

export class Segment {
  #slots = 0;
  #limit = 0;
  /** Slots that are not empty, whatever is in them. */
  #used = 0;
  #tags = new Uint16Array(0);
  #keys = new Int32Array(0);

  get byteLength(): number {
    return this.#slots * 18;
  }

  /** Whether the fingerprint is here in a bucket for which `alive` says 1. */
  has(a: number, b: number, c: number, d: number, alive: Uint8Array): boolean {
    const tags = this.#tags;
    const slots = this.#slots;
    if (slots === 0) return false;
    const high = c & 0xff00;
    let i = ((a >>> 0) * slots * 2.3283064365386963e-10) | 0; // a / 2^32 of the way
    for (let tag = tags[i]; tag !== 0; tag = tags[i]) {
      if ((tag & 0xff00) === high && alive[tag & 0xff] === 1) {
        const keys = this.#keys;
        const k = i << 2;
        if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) return true;
      }
      if (++i === slots) i = 0;
    }
    return false;
  }

  /** Adds the fingerprint with this bucket unless it is here alive; whether it was added. */
  add(a: number, b: number, c: number, d: number, bucket: number, alive: Uint8Array): boolean {
    if (this.#used >= this.#limit) this.#rebuild(alive, 0);
    const tags = this.#tags;
    const keys = this.#keys;
    const slots = this.#slots;
    const high = c & 0xff00;
    let free = -1;
    let i = ((a >>> 0) * slots * 2.3283064365386963e-10) | 0;
    for (let tag = tags[i]; tag !== 0; tag = tags[i]) {
      if (alive[tag & 0xff] === 0) {
        if (free < 0) free = i;
      } else if ((tag & 0xff00) === high) {
        const k = i << 2;
        if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) return false;
      }
      if (++i === slots) i = 0;
    }
    if (free < 0) {
      free = i;
      this.#used++;
    }
    tags[free] = high | bucket;
    const k = free << 2;
    keys[k] = a;
    keys[k + 1] = b;
    keys[k + 2] = c;
    keys[k + 3] = d;
    return true;
  }

  /** Takes an entry back; its bucket number, or 0 if it is not here alive. */
  remove(a: number, b: number, c: number, d: number, alive: Uint8Array): number {
    const slots = this.#slots;
    if (slots === 0) return 0;
    const tags = this.#tags;
    const keys = this.#keys;
    let i = ((a >>> 0) * slots * 2.3283064365386963e-10) | 0;
    for (let tag = tags[i]; tag !== 0; tag = tags[i]) {
      const k = i << 2;
      if (alive[tag & 0xff] === 1 && keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) {
        tags[i] = (tag & 0xff00) | REMOVED;
        return tag & 0xff;
      }
      if (++i === slots) i = 0;
    }
    return 0;
  }

  /** Drops what is no longer alive and gives back the memory it took. */
  sweep(alive: Uint8Array): void {
    if (this.#used > 0) this.#rebuild(alive, 0);
  }

  /** Makes room for so many entries more. */
  reserve(entries: number, alive: Uint8Array): void {
    if (this.#used + entries > this.#limit) this.#rebuild(alive, entries);
  }

  clear(): void {
    this.#slots = this.#limit = this.#used = 0;
    this.#tags = new Uint16Array(0);
    this.#keys = new Int32Array(0);
  }

  #rebuild(alive: Uint8Array, more: number): void {
    const oldTags = this.#tags;
    const oldKeys = this.#keys;
    let live = 0;
    for (let i = 0; i < oldTags.length; i++) live += alive[oldTags[i] & 0xff];
    const slots = Math.max(MIN_SLOTS, Math.ceil(Math.max(live * GROWTH, live + more) / MAX_LOAD) + 1);
    const tags = new Uint16Array(slots);
    const keys = new Int32Array(slots * 4);
    for (let from = 0; from < oldTags.length; from++) {
      const tag = oldTags[from];
      if (alive[tag & 0xff] === 0) continue;
      const f = from << 2;
      const a = oldKeys[f];
      let i = ((a >>> 0) * slots * 2.3283064365386963e-10) | 0;
      while (tags[i] !== 0) if (++i === slots) i = 0;
      tags[i] = tag;
      const k = i << 2;
      keys[k] = a;
      keys[k + 1] = oldKeys[f + 1];
      keys[k + 2] = oldKeys[f + 2];
      keys[k + 3] = oldKeys[f + 3];
    }
    this.#slots = slots;
    this.#limit = Math.floor(slots * MAX_LOAD);
    this.#used = live;
    this.#tags = tags;
    this.#keys = keys;
  }
}
