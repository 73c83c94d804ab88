/** An instant that a sender wrote, in one normalized form. */
export interface Timestamp {
  /** RFC 3339 in UTC with `T` and `Z`, no trailing zeros in the fraction: equal instants have equal texts. */
  readonly text: string;
  /** Milliseconds since the epoch, rounded down; a leap second counts as the second after it. */
  readonly epochMs: number;
}

const MINUTES_A_DAY = 1440;
/** Days from 0000-01-01 to 1970-01-01 in the Gregorian calendar, which RFC 3339 uses for every year. */
const EPOCH_DAY = 719_528;
/** Days from 0000-01-01 to 10000-01-01. */
const END_DAY = 3_652_425;
/** So far below zero that no sum with valid digits reaches zero: one comparison then checks several pairs of digits. */
const NO_DIGITS = -1_000_000;

const DAYS_IN_MONTH: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_BEFORE_MONTH: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

const PLUS = 43;
const HYPHEN = 45;
const DOT = 46;
const COLON = 58;
const UPPER_T = 84;
const UPPER_Z = 90;
/** The bit that makes an ASCII letter lower-case. */
const LOWER = 32;

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : NO_DIGITS;
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

/** Days from 0000-01-01 to the first of January of `year`; the year 0000 is a leap year. */
function daysBeforeYear(year: number): number {
  return year * 365 + Math.floor((year + 3) / 4) - Math.floor((year + 99) / 100) + Math.floor((year + 399) / 400);
}

function dayNumber(year: number, month: number, day: number): number {
  const leapDay = month > 2 && isLeapYear(year) ? 1 : 0;
  return daysBeforeYear(year) + (DAYS_BEFORE_MONTH[month - 1] ?? 0) + leapDay + day - 1;
}

/** The inverse of `dayNumber`. */
function calendarDate(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  // 400 years have 146097 days; the estimate is off by at most one, either way.
  let year = Math.floor((days * 400) / 146_097);
  if (daysBeforeYear(year) > days) year--;
  else if (daysBeforeYear(year + 1) <= days) year++;
  let day = days - daysBeforeYear(year) + 1;
  let month = 1;
  while (day > daysInMonth(year, month)) {
    day -= daysInMonth(year, month);
    month++;
  }
  return { year, month, day };
}

function isLeapSecond(utcDay: number, utcMinuteOfDay: number): boolean {
  if (utcMinuteOfDay !== MINUTES_A_DAY - 1) return false;
  const { month, day } = calendarDate(utcDay);
  return (month === 6 && day === 30) || (month === 12 && day === 31);
}

/** The zone that starts at `at` and ends the text, in minutes east of UTC. */
function zoneOffset(value: string, at: number): number | undefined {
  const zone = value.charCodeAt(at);
  if (zone === UPPER_Z || zone === UPPER_Z + LOWER) return value.length === at + 1 ? 0 : undefined;
  if ((zone !== PLUS && zone !== HYPHEN) || value.length !== at + 6) return undefined;
  const hour = twoDigits(value, at + 1);
  const minute = twoDigits(value, at + 4);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || value.charCodeAt(at + 3) !== COLON) return undefined;
  const minutes = hour * 60 + minute;
  return zone === PLUS ? minutes : -minutes;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

/**
 * Parses an RFC 3339 date-time (section 5.6) and converts it to UTC: `2025-01-15T15:30:00.50+05:30` becomes
 * `2025-01-15T10:00:00.5Z`. A text that already has the normalized form is returned as the same string.
 *
 * Accepted: `T` and `Z` in either case (5.6); the zone `Z` or `±hh:mm`, including `-00:00` (4.3); a fraction of 1 to 9 digits;
 * dates that exist in the Gregorian calendar.
 *
 * `:60` is accepted at 23:59:60 UTC, in any zone, on 30 June and 31 December of any year: the "months in which a leap second
 * occurs -- to date: June or December" of section 5.7. Whether that year had a leap second is not checked, since future
 * ones cannot be known. A leap second stays `:60` in `text`.
 *
 * Returns undefined for everything else: other forms, a space instead of `T`, hour 24 (5.7), `:60` elsewhere, and instants that
 * in UTC lie outside the years 0000 to 9999, which four digits cannot express.
 */
export function parseTimestamp(value: string): Timestamp | undefined {
  const length = value.length;
  if (length < 20 || length > 35) return undefined;

  const year = twoDigits(value, 0) * 100 + twoDigits(value, 2);
  const month = twoDigits(value, 5);
  const day = twoDigits(value, 8);
  const hour = twoDigits(value, 11);
  const minute = twoDigits(value, 14);
  const second = twoDigits(value, 17);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined;
  if (value.charCodeAt(4) !== HYPHEN || value.charCodeAt(7) !== HYPHEN) return undefined;
  if (value.charCodeAt(13) !== COLON || value.charCodeAt(16) !== COLON) return undefined;
  const separator = value.charCodeAt(10);
  if (separator !== UPPER_T && separator !== UPPER_T + LOWER) return undefined;

  let at = 19;
  /** Where the text ends without trailing zeros of the fraction, or without a fraction that is all zeros. */
  let significantEnd = 19;
  let milliseconds = 0;
  if (value.charCodeAt(19) === DOT) {
    for (at = 20; at < length; at++) {
      const next = digit(value, at);
      if (next < 0) break;
      if (next > 0) significantEnd = at + 1;
      if (at < 23) milliseconds = milliseconds * 10 + next;
    }
    if (at === 20 || at > 29) return undefined;
    if (at === 21) milliseconds *= 100;
    else if (at === 22) milliseconds *= 10;
  }

  const offsetMinutes = zoneOffset(value, at);
  if (offsetMinutes === undefined) return undefined;

  let utcDay = dayNumber(year, month, day);
  let utcMinute = hour * 60 + minute - offsetMinutes;
  // An offset is less than a day, so it moves the date by at most one day.
  if (utcMinute < 0) {
    utcMinute += MINUTES_A_DAY;
    utcDay--;
  } else if (utcMinute >= MINUTES_A_DAY) {
    utcMinute -= MINUTES_A_DAY;
    utcDay++;
  }
  if (utcDay < 0 || utcDay >= END_DAY) return undefined;
  if (second === 60 && !isLeapSecond(utcDay, utcMinute)) return undefined;

  const epochMs = (utcDay - EPOCH_DAY) * 86_400_000 + utcMinute * 60_000 + second * 1_000 + milliseconds;
  if (offsetMinutes !== 0) {
    const date = calendarDate(utcDay);
    const text =
      `${pad(date.year, 4)}-${pad(date.month, 2)}-${pad(date.day, 2)}` +
      `T${pad(Math.floor(utcMinute / 60), 2)}:${pad(utcMinute % 60, 2)}${value.slice(16, significantEnd)}Z`;
    return { text, epochMs };
  }
  const isNormalized = separator === UPPER_T && value.charCodeAt(at) === UPPER_Z && significantEnd === at;
  if (isNormalized) return { text: value, epochMs };
  return { text: `${value.slice(0, 10)}T${value.slice(11, significantEnd)}Z`, epochMs };
}
