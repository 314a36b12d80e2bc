/** Writes small protobuf messages, such as answers to exporters. Fields with default values are the caller's to leave out. */
export class ProtoWriter {
  readonly #bytes: number[] = [];

  /** Field of wire type 0; negative numbers take ten bytes, as int32 and int64 do. */
  varint(field: number, value: number | bigint): this {
    this.#number(BigInt(field << 3));
    this.#number(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#number(BigInt((field << 3) | 2));
    this.#number(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.finish());
  }

  /** Bytes as they are. */
  raw(bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #number(value: bigint): void {
    for (; value >= 0x80n; value >>= 7n) this.#bytes.push(Number(value & 0x7fn) | 0x80);
    this.#bytes.push(Number(value));
  }
}
