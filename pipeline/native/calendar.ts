/**
 * Days, seconds and ticks as text and back, on the proleptic Gregorian calendar, UTC, without `Date` or bigint.
 *
 * An instant is whole seconds since 1970 (negative before) and 0 to 999 999 999 nanoseconds to add.
 */
export interface Instant {
  seconds: number;
  nanos: number;
}

const TWO_32 = 4294967296;
const POWERS = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** Days since 1970-01-01. Counts years from March, so that the leap day is a year's last. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719468;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `YYYY-MM-DD` */
export function formatDate(days: number): string {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const years = year < 0 ? `-${String(-year).padStart(4, "0")}` : String(year).padStart(4, "0");
  return `${years}-${two(month)}-${two(day)}`;
}

let cachedDay = NaN;
let cachedDate = "";

/** RFC 3339 in UTC with `Z`: up to 9 fractional digits, trailing zeros removed, no fraction when it is zero. */
export function formatInstant(seconds: number, nanos: number): string {
  const day = Math.floor(seconds / 86400);
  if (day !== cachedDay) {
    cachedDate = formatDate(day);
    cachedDay = day;
  }
  const rest = seconds - day * 86400;
  const hour = Math.floor(rest / 3600), minute = Math.floor(rest / 60) % 60;
  const time = `${cachedDate}T${two(hour)}:${two(minute)}:${two(rest % 60)}`;
  if (nanos === 0) return `${time}Z`;
  let digits = 9;
  while (nanos % 10 === 0) {
    nanos /= 10;
    digits--;
  }
  return `${time}.${String(nanos).padStart(digits, "0")}Z`;
}

/** Splits a DateTime64(scale) value, given as two 32-bit words, into an instant. */
export function fromTicks(lo: number, hi: number, scale: number, out: Instant): void {
  const unit = POWERS[scale];
  const low = lo >>> 0;
  const q1 = Math.floor(hi / unit);
  const high = (hi - q1 * unit) * 65536 + (low >>> 16);
  const q2 = Math.floor(high / unit);
  const rest = (high - q2 * unit) * 65536 + (low & 0xffff);
  const q3 = Math.floor(rest / unit);
  out.seconds = q1 * TWO_32 + q2 * 65536 + q3;
  out.nanos = (rest - q3 * unit) * POWERS[9 - scale];
}

/**
 * The DateTime64(scale) value of an instant as low and high word in `words`; finer digits are cut off. False, with
 * `words` untouched, if it does not fit 64 bits.
 */
export function toTicks(seconds: number, nanos: number, scale: number, words: Int32Array): boolean {
  const unit = POWERS[scale];
  // seconds = q * 2^22 + r keeps every product below 2^53.
  const q = Math.floor(seconds / 4194304);
  const low = (seconds - q * 4194304) * unit + Math.floor(nanos / POWERS[9 - scale]);
  const product = q * unit;
  const upper = Math.floor(product / 1024);
  const sum = (product - upper * 1024) * 4194304 + (low % TWO_32);
  const hi = upper + Math.floor(low / TWO_32) + Math.floor(sum / TWO_32);
  if (hi < -2147483648 || hi > 2147483647) return false;
  words[0] = sum % TWO_32;
  words[1] = hi;
  return true;
}

function two(v: number): string {
  return v < 10 ? `0${v}` : String(v);
}
