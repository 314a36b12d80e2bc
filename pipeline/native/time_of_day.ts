/** Time and Time64 texts: `[-]hhh:mm:ss[.fraction]`, at most 999:59:59 either way. */

const MAX_SECONDS = 3_599_999;
const PATTERN = /^(-?)(\d{1,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,30}))?$/;

/** Ticks of 10^-scale seconds, finer digits cut; null if the text is no time. */
export function parseTimeOfDay(text: string, scale: number): number | null {
  const match = text.length > 45 ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, sign, hours, minutes, seconds, fraction = ""] = match;
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  // Below 2^53 up to nine digits of fraction.
  const ticks = whole * 10 ** scale + Number(fraction.slice(0, scale).padEnd(scale, "0"));
  return sign === "-" ? 0 - ticks : ticks;
}

/** As the engine prints it: two or three digits of hours, `scale` digits of fraction; beyond the range, its edge. */
export function formatTime(ticks: bigint, scale: number): string {
  const unit = 10n ** BigInt(scale);
  const most = BigInt(MAX_SECONDS + 1) * unit - 1n;
  const size = ticks < 0n ? -ticks : ticks;
  const shown = size > most ? most : size;
  const seconds = Number(shown / unit);
  const two = (v: number) => String(v).padStart(2, "0");
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = scale === 0 ? "" : `.${String(shown % unit).padStart(scale, "0")}`;
  return `${ticks < 0n ? "-" : ""}${time}${fraction}`;
}
