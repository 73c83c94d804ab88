const NUMBER = new Intl.NumberFormat();
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { style: "narrow" });
/** As words, such as "now". */
const IN_WORDS = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** Formats a number with the digit grouping of the reader's language. */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** A number with its noun, which gets an s unless the number is one. */
export function countOf(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Units and their lengths in milliseconds; year and month are the averages of the Gregorian calendar. */
const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ["year", 365.2425 * 86_400_000], ["month", 30.436875 * 86_400_000], ["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000],
];

/** How long ago an instant was, or how far ahead it is, in the largest whole unit. */
export function formatRelative(atMs: number, nowMs: number): string {
  const passedMs = atMs - nowMs;
  const [unit, unitMs] = UNITS.find(([, ms]) => Math.abs(passedMs) >= ms) ?? [];
  return unit === undefined || unitMs === undefined ? IN_WORDS.format(0, "second") : RELATIVE.format(Math.trunc(passedMs / unitMs), unit);
}
