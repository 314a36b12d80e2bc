// Strings as the UTF-8 bytes the language counts in some places. Pure-ASCII text takes the short way.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const BEYOND_ASCII = /[^\x20-\x7e\t\n\r]/;

export function isPlain(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function byteLength(text: string): number {
  return isPlain(text) ? text.length : encoder.encode(text).length;
}

/** Bytes `start` to `end`; half characters become U+FFFD. */
export function byteSlice(text: string, start: number, end: number): string {
  return isPlain(text) ? text.slice(start, end) : decoder.decode(encoder.encode(text).subarray(start, end));
}

/** The byte offset of a UTF-16 offset. */
export function byteOffset(text: string, offset: number): number {
  return isPlain(text) ? offset : encoder.encode(text.slice(0, offset)).length;
}

/** Characters, not bytes and not UTF-16 units. */
export function characterCount(text: string): number {
  if (isPlain(text)) return text.length;
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit <= 0xdfff) count--;
  }
  return count;
}
