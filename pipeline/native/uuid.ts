/**
 * UUID text and wire form. The wire form is two little-endian 64-bit halves: each half of the 16 bytes reversed.
 */

/** Value of an ASCII hex digit, 255 for anything else. */
const HEX_VALUE = new Uint8Array(256).fill(255);
for (let i = 0; i < 10; i++) HEX_VALUE[48 + i] = i;
for (let i = 0; i < 6; i++) HEX_VALUE[65 + i] = HEX_VALUE[97 + i] = 10 + i;

export const HEX_PAIRS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/**
 * Reads `8-4-4-4-12` or 32 plain hex digits at `src[start, end)` into 16 wire bytes; false if it is neither.
 */
export function parseUuid(src: Uint8Array, start: number, end: number, out: Uint8Array, at: number): boolean {
  const dashed = end - start === 36;
  if (!dashed && end - start !== 32) return false;
  let from = start;
  for (let i = 0; i < 16; i++) {
    if (dashed && (i === 4 || i === 6 || i === 8 || i === 10) && src[from++] !== 45) return false;
    const high = HEX_VALUE[src[from++]], low = HEX_VALUE[src[from++]];
    if ((high | low) === 255) return false;
    out[at + (i ^ 7)] = (high << 4) | low;
  }
  return true;
}

export function formatUuid(bytes: Uint8Array, at: number): string {
  let out = "";
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) out += "-";
    out += HEX_PAIRS[bytes[at + (i ^ 7)]];
  }
  return out;
}
