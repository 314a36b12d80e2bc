/** JSON text in bytes, appended piece by piece: what arrays, maps and nested records of binary formats become. */
const encoder = new TextEncoder();

export class JsonText {
  bytes = new Uint8Array(1 << 12);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** Text as it is. */
  raw(text: string): void {
    if (this.length + text.length * 3 > this.bytes.length) this.#grow(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** Text in quotes. */
  string(text: string): void {
    this.raw(JSON.stringify(text));
  }

  /** UTF-8 bytes in quotes; they must be well-formed. */
  utf8(source: Uint8Array, start: number, end: number): void {
    if (this.length + (end - start) * 6 + 2 > this.bytes.length) this.#grow((end - start) * 6 + 2);
    const out = this.bytes;
    let at = this.length;
    out[at++] = 0x22;
    for (let i = start; i < end; i++) {
      const c = source[i];
      if (c >= 0x20 && c !== 0x22 && c !== 0x5c) out[at++] = c;
      else at += encoder.encodeInto(escaped(c), out.subarray(at)).written;
    }
    out[at++] = 0x22;
    this.length = at;
  }

  /** The two halves of a 64-bit number. */
  wide(lo: number, hi: number, signed: boolean): void {
    this.raw(wideText(lo, hi, signed));
  }

  /** A double; what JSON has no number for is named in quotes. */
  real(value: number): void {
    this.raw(Number.isFinite(value) ? Object.is(value, -0) ? "-0" : String(value) : `"${value}"`);
  }

  base64(source: Uint8Array, start: number, end: number): void {
    this.raw(`"${source.subarray(start, end).toBase64()}"`);
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

function escaped(c: number): string {
  return JSON.stringify(String.fromCharCode(c)).slice(1, -1);
}

export function wideText(lo: number, hi: number, signed: boolean): string {
  const high = signed ? hi : hi >>> 0;
  const exact = high * 4_294_967_296 + (lo >>> 0);
  if (Number.isSafeInteger(exact)) return String(exact);
  return ((BigInt(high) << 32n) | BigInt(lo >>> 0)).toString();
}
