/**
 * 128-bit fingerprints: MurmurHash3_x86_128 (Austin Appleby, public domain), the variant made of 32-bit operations,
 * which is what JavaScript does fast. Not cryptographic: pick another where keys are chosen by an adversary.
 *
 * Vectors (seed 0, the four words in order): "" = 0 0 0 0; "The quick brown fox jumps over the lazy dog" =
 * 2f1583c3 ecee2c67 5d7bf66c e5e91d2c; SMHasher's verification value is 0xB3ECE62A.
 */

const C1 = 0x239b961b, C2 = 0xab0e9789 | 0, C3 = 0x38b34ae5, C4 = 0xa1e38b93 | 0;

/** Hashes `bytes[start, end)` into the four words of `out`. Allocates nothing. */
export function hash128(bytes: Uint8Array, start: number, end: number, out: Int32Array, seed = 0): void {
  const n = end - start;
  let h1 = seed | 0, h2 = seed | 0, h3 = seed | 0, h4 = seed | 0;
  let at = start;
  for (const stop = end - 15; at < stop; at += 16) {
    let k = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    k = Math.imul(k, C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
    h1 = Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b | 0;

    k = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24);
    k = Math.imul(k, C2);
    h2 ^= Math.imul((k << 16) | (k >>> 16), C3);
    h2 = Math.imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747 | 0;

    k = bytes[at + 8] | (bytes[at + 9] << 8) | (bytes[at + 10] << 16) | (bytes[at + 11] << 24);
    k = Math.imul(k, C3);
    h3 ^= Math.imul((k << 17) | (k >>> 15), C4);
    h3 = Math.imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35 | 0;

    k = bytes[at + 12] | (bytes[at + 13] << 8) | (bytes[at + 14] << 16) | (bytes[at + 15] << 24);
    k = Math.imul(k, C4);
    h4 ^= Math.imul((k << 18) | (k >>> 14), C1);
    h4 = Math.imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17 | 0;
  }

  // The last 1 to 15 bytes, as words filled from the low end.
  const rest = end - at;
  if (rest > 12) {
    const k = Math.imul(tail(bytes, at + 12, end), C4);
    h4 ^= Math.imul((k << 18) | (k >>> 14), C1);
  }
  if (rest > 8) {
    const k = Math.imul(tail(bytes, at + 8, end), C3);
    h3 ^= Math.imul((k << 17) | (k >>> 15), C4);
  }
  if (rest > 4) {
    const k = Math.imul(tail(bytes, at + 4, end), C2);
    h2 ^= Math.imul((k << 16) | (k >>> 16), C3);
  }
  if (rest > 0) {
    const k = Math.imul(tail(bytes, at, end), C1);
    h1 ^= Math.imul((k << 15) | (k >>> 17), C2);
  }

  h1 ^= n;
  h2 ^= n;
  h3 ^= n;
  h4 ^= n;
  h1 = h1 + h2 + h3 + h4 | 0;
  h2 = mix(h2 + h1 | 0);
  h3 = mix(h3 + h1 | 0);
  h4 = mix(h4 + h1 | 0);
  h1 = mix(h1);
  h1 = h1 + h2 + h3 + h4 | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

/**
 * The shard of a fingerprint, 0 to `shards` - 1. Uses word 3 only, so that within one shard words 0 to 2 are still
 * evenly spread and can address a hash table.
 */
export function shardOf(h: Int32Array, shards: number): number {
  return (h[3] >>> 0) % shards;
}

function tail(bytes: Uint8Array, at: number, end: number): number {
  let k = bytes[at];
  if (at + 1 < end) k |= bytes[at + 1] << 8;
  if (at + 2 < end) k |= bytes[at + 2] << 16;
  if (at + 3 < end) k |= bytes[at + 3] << 24;
  return k;
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
