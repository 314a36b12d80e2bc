/** Writes protobuf messages of any depth into one growing buffer, fast enough to make hundreds of megabytes of test data. */
const encoder = new TextEncoder();

export class ProtoBuffer {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Opens a nested message; give the result to `end`. */
  begin(field: number): number {
    this.#tag(field, 2);
    return this.#length;
  }

  /** Closes it: its length goes in front of its bytes. */
  end(start: number): void {
    const length = this.#length - start;
    const width = varintWidth(length);
    this.#reserve(width);
    this.#bytes.copyWithin(start + width, start, this.#length);
    this.#length = start;
    this.#number(length);
    this.#length = start + width + length;
  }

  /** Not negative, below 2^32. */
  varint(field: number, value: number): void {
    this.#tag(field, 0);
    this.#number(value);
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, 1);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  double(field: number, value: number): void {
    this.#tag(field, 1);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, 2);
    this.#reserve(value.length + 5);
    this.#number(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  text(field: number, value: string): void {
    const start = this.begin(field);
    this.#reserve(value.length * 3);
    this.#length += encoder.encodeInto(value, this.#bytes.subarray(this.#length)).written;
    this.end(start);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Leaves room for a fixed value or a varint behind it. */
  #tag(field: number, wireType: number): void {
    this.#reserve(16);
    this.#number(field * 8 + wireType);
  }

  #number(value: number): void {
    for (; value > 0x7f; value = Math.floor(value / 0x80)) this.#bytes[this.#length++] = (value % 0x80) | 0x80;
    this.#bytes[this.#length++] = value;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function varintWidth(value: number): number {
  let width = 1;
  for (; value > 0x7f; value = Math.floor(value / 0x80)) width++;
  return width;
}
