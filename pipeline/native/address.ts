/**
 * IPv4 and IPv6 text. Wire form: IPv4 is a UInt32 (first octet highest), IPv6 the 16 bytes in network order.
 */

/** The address as an unsigned number, or -1. Strict: four decimal octets without leading zeros. */
export function parseIPv4(text: string): number {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return -1;
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(match[i]);
    if (octet > 255 || (match[i].length > 1 && match[i][0] === "0")) return -1;
    value = value * 256 + octet;
  }
  return value;
}

export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Writes 16 bytes; false if the text is no address. A plain IPv4 address becomes `::ffff:a.b.c.d`. */
export function parseIPv6(text: string, out: Uint8Array, at: number): boolean {
  if (text.length > 45) return false;
  if (!text.includes(":")) return parseIPv4(text) >= 0 && parseIPv6(`::ffff:${text}`, out, at);
  const sides = text.split("::");
  if (sides.length > 2) return false;
  const head = groups(sides[0], sides.length === 1);
  const tail = sides.length === 2 ? groups(sides[1], true) : [];
  if (head === null || tail === null) return false;
  const missing = 8 - head.length - tail.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return false;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (let i = 0; i < 8; i++) {
    out[at + i * 2] = all[i] >> 8;
    out[at + i * 2 + 1] = all[i] & 255;
  }
  return true;
}

/** The 16-bit groups of one side of `::`; the last one may be a dotted IPv4 address where `dotted` allows it. */
function groups(side: string, dotted: boolean): number[] | null {
  if (side === "") return [];
  const out: number[] = [];
  const parts = side.split(":");
  for (let i = 0; i < parts.length; i++) {
    if (/^[0-9a-fA-F]{1,4}$/.test(parts[i])) {
      out.push(parseInt(parts[i], 16));
      continue;
    }
    const v4 = dotted && i === parts.length - 1 ? parseIPv4(parts[i]) : -1;
    if (v4 < 0) return null;
    out.push(Math.floor(v4 / 65536), v4 % 65536);
  }
  return out;
}

/**
 * RFC 5952 text, as the engine prints it: the longest run of zero groups (two or more, the first of equals) is `::`;
 * IPv4 in IPv6 is dotted, mapped (`::ffff:a.b.c.d`) and compatible (`::a.b.c.d`).
 */
export function formatIPv6(bytes: Uint8Array, at: number): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push((bytes[at + i] << 8) | bytes[at + i + 1]);
  if (words.slice(0, 5).every((w) => w === 0)) {
    const dotted = formatIPv4((words[6] << 16) | words[7]);
    if (words[5] === 0xffff) return `::ffff:${dotted}`;
    if (words[5] === 0 && words[6] !== 0) return `::${dotted}`;
  }
  let best = -1, bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > bestLength) [best, bestLength] = [i, n];
    i += n;
  }
  const hex = (part: number[]) => part.map((w) => w.toString(16)).join(":");
  if (best < 0) return hex(words);
  return `${hex(words.slice(0, best))}::${hex(words.slice(best + bestLength))}`;
}
