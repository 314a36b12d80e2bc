// The proleptic Gregorian calendar: days since 1970-01-01 and their year, month and day. Any year, also before 1.

export interface Civil {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
}

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const;

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : DAYS_BEFORE[month] - DAYS_BEFORE[month - 1];
}

/** Days of the year before the month, in a year that is not a leap year; month 13 is the whole year. */
export function daysBeforeMonth(month: number): number {
  return DAYS_BEFORE[month - 1];
}

/** Months and days beyond their range count on into the next year or month. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  const past = y - 1;
  const before = past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  const leapDay = m > 2 && isLeap(y) ? 1 : 0;
  return before - 719_162 + DAYS_BEFORE[m - 1] + leapDay + day - 1;
}

export function civilFromDays(days: number): Civil {
  // the era begins on March 1 of year 0, so that the leap day is the last of its year
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** 1 on January 1. */
export function dayOfYear({ year, month, day }: Civil): number {
  return daysFromCivil(year, month, day) - daysFromCivil(year, 1, 1) + 1;
}

/** 0 on Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

/** The year that the ISO 8601 week of a day belongs to: that of the week's Thursday. */
export function isoYear(days: number): number {
  const sinceMonday = (weekdayOf(days) + 6) % 7;
  return civilFromDays(days - sinceMonday + 3).year;
}
