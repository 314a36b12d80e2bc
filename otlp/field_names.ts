/** A fixed set of names that byte ranges are compared with, without making a string. */
const SLOTS = 64;

export class FieldNames {
  readonly #names: Uint8Array[];
  readonly #slots = new Int8Array(SLOTS).fill(-1);

  /** At most 60 names; {@link find} returns positions in this list. */
  constructor(names: readonly string[]) {
    this.#names = names.map((name) => new TextEncoder().encode(name));
    this.#names.forEach((name, index) => {
      let slot = slotOf(name, 0, name.length);
      while (this.#slots[slot] >= 0) slot = (slot + 1) % SLOTS;
      this.#slots[slot] = index;
    });
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
      return index;
    }
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  return ((end - start) * 7 + bytes[start] * 3 + bytes[end - 1]) % SLOTS;
}
