/** A decimal: two's complement, the highest byte first → its digits. */

export function decimalText(bytes: Uint8Array, start: number, end: number, scale: number): string {
  if (start === end) return "0";
  let value = 0n;
  for (let i = start; i < end; i++) value = (value << 8n) | BigInt(bytes[i]);
  value = BigInt.asIntN((end - start) * 8, value);
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
