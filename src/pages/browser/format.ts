import type { Bucket } from "../../core/queries.ts";

const NUMBER = new Intl.NumberFormat();
const TIME_OF_DAY = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const DATE_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const HOUR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

export function countOf(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Short, in the reader's zone: today's times without the date. A leap second, which no Date can hold, as it is. */
export function formatTime(ts: string, now: Date = new Date()): string {
  const at = new Date(ts);
  if (Number.isNaN(at.getTime())) return ts;
  return at.toDateString() === now.toDateString() ? TIME_OF_DAY.format(at) : DATE_AND_TIME.format(at);
}

/** In full, in the reader's zone. */
export function formatExactly(ts: string): string {
  const at = new Date(ts);
  return Number.isNaN(at.getTime()) ? ts : EXACT.format(at);
}

/** The start of a bucket. Days are those of UTC, as the service counts them. */
export function formatBucket(startMs: number, bucket: Bucket): string {
  return (bucket === "hour" ? HOUR : DAY).format(startMs);
}
