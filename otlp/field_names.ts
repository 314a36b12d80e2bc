/** A fixed set of names that byte ranges are compared with, without making a string. */
const SLOTS = 64;

export class FieldNames {
  readonly #names: Uint8Array[];
  readonly #slots = new Int8Array(SLOTS).fill(-1);
  /** `"name":` as little-endian words, the last of which overlaps the one before it. */
  readonly #tokens: Int32Array[];
  /** Which name followed each name the last time: senders keep to an order. */
  readonly #successors: Uint8Array;
  #last = 0;

  /** At most 60 names; {@link find} returns positions in this list. */
  constructor(names: readonly string[]) {
    this.#names = names.map((name) => new TextEncoder().encode(name));
    this.#names.forEach((name, index) => {
      let slot = slotOf(name, 0, name.length);
      while (this.#slots[slot] >= 0) slot = (slot + 1) % SLOTS;
      this.#slots[slot] = index;
    });
    this.#tokens = names.map((name) => wordsOf(new TextEncoder().encode(`"${name}":`)));
    this.#successors = new Uint8Array(names.length);
  }

  /** The index of the name in bytes [start, end), or −1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return -1;
    next: for (let slot = slotOf(bytes, start, end);; slot = (slot + 1) % SLOTS) {
      const index = this.#slots[slot];
      if (index < 0) return -1;
      const name = this.#names[index];
      if (name.length !== end - start) continue;
      for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) continue next;
      this.#successors[this.#last] = index;
      this.#last = index;
      return index;
    }
  }

  /** The index of the name to expect next if just this comes, quoted and with its colon; −1 otherwise. */
  expected(view: DataView, at: number): number {
    const index = this.#successors[this.#last];
    const words = this.#tokens[index];
    const last = words.length - 1;
    for (let i = 0; i < last; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return -1;
    if (view.getInt32(at + this.#names[index].length - 1, true) !== words[last]) return -1;
    this.#last = index;
    return index;
  }

  /** Bytes of a name with its quotes and colon. */
  tokenLength(index: number): number {
    return this.#names[index].length + 3;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  return ((end - start) * 7 + bytes[start] * 3 + bytes[end - 1]) % SLOTS;
}

function wordsOf(token: Uint8Array): Int32Array {
  const view = new DataView(token.buffer);
  return Int32Array.from(
    { length: Math.ceil(token.length / 4) },
    (_, i) => view.getInt32(Math.min(4 * i, token.length - 4), true),
  );
}
