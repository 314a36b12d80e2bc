/** LEB128 variable-length integers up to 2^53 − 1, as used in frame trailers (the same encoding ClickHouse's Native uses). */

/** A growing byte buffer with the few primitives a trailer needs. */
export class ByteSink {
  #bytes = new Uint8Array(256);
  length = 0;

  /** Makes room for `more` bytes. */
  #reserve(more: number): void {
    const need = this.length + more;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** An unsigned integer below 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    while (value >= 0x80) {
      this.#bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.length++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Length-prefixed bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Length-prefixed UTF-8. */
  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  /** The bytes written so far; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Reads what {@link ByteSink} wrote; every read checks the bounds and throws `RangeError`. */
export class ByteSource {
  constructor(readonly bytes: Uint8Array, public at = 0, readonly end = bytes.length) {}

  byte(): number {
    if (this.at >= this.end) throw new RangeError(`ends at byte ${this.at}`);
    return this.bytes[this.at++];
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let n = 0; n < 8; n++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new RangeError(`integer too large at byte ${this.at}`);
  }

  /** A length-prefixed view, not a copy. */
  slice(): Uint8Array {
    const length = this.varint();
    if (this.at + length > this.end) throw new RangeError(`ends at byte ${this.end}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    return decoder.decode(this.slice());
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
