import type { Bucket } from "../../core/queries.ts";
import { formatRelative } from "./format.ts";

/** The zone in which times are shown. */
export type ZoneName = "local" | "utc";

/** Formats and parses times in one zone. */
export interface Zone {
  readonly name: ZoneName;
  /** Such as `GMT+5:30` or `UTC`. */
  label(): string;
  /** Short: today's times without the date, and how long ago. A leap second, which Date cannot represent, stays as it is. */
  short(ts: string, nowMs: number): string;
  /** In full, with the zone and how long ago. */
  exact(ts: string, nowMs: number): string;
  /** The start of a bucket. */
  bucket(startMs: number, bucket: Bucket): string;
  /** The value of a `datetime-local` input, which has no zone; empty if the text is not an instant. */
  toField(instant: string): string;
  /** Parses such a value. */
  fromField(value: string): string;
  /** The zone's offset at an instant, in minutes ahead of UTC. */
  offsetMinutes(atMs: number): number;
  /** The start of the day of an instant, or of a day this many days later: some days have 23 hours, some 25. */
  startOfDay(atMs: number, later: number): number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The formats of a zone, in the reader's language. */
export function createZone(name: ZoneName): Zone {
  const timeZone = name === "utc" ? { timeZone: "UTC" } : {};
  function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(undefined, { ...options, ...timeZone });
  }
  const timeOfDay = formatter({ timeStyle: "medium" });
  const date = formatter({ dateStyle: "medium" });
  const dateAndTime = formatter({ dateStyle: "medium", timeStyle: "short" });
  const exactly = formatter({ dateStyle: "full", timeStyle: "long" });
  const hour = formatter({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const day = formatter({ day: "numeric", month: "short", year: "numeric" });
  const zoneName = formatter({ timeZoneName: "short" });

  const offsetMinutes = (atMs: number): number => (name === "utc" ? 0 : -new Date(atMs).getTimezoneOffset());

  function startOfDay(atMs: number, later: number): number {
    if (name === "utc") return (Math.floor(atMs / DAY_MS) + later) * DAY_MS;
    const at = new Date(atMs);
    return new Date(at.getFullYear(), at.getMonth(), at.getDate() + later).getTime();
  }

  return {
    name,
    offsetMinutes,
    startOfDay,
    label: () => zoneName.formatToParts().find(({ type }) => type === "timeZoneName")?.value ?? "",
    short(ts, nowMs) {
      const atMs = Date.parse(ts);
      if (Number.isNaN(atMs)) return ts;
      const isRecent = Math.abs(nowMs - atMs) < DAY_MS;
      if (!isRecent || date.format(atMs) !== date.format(nowMs)) return dateAndTime.format(atMs);
      return `${timeOfDay.format(atMs)} · ${formatRelative(atMs, nowMs)}`;
    },
    exact(ts, nowMs) {
      const atMs = Date.parse(ts);
      return Number.isNaN(atMs) ? ts : `${exactly.format(atMs)} · ${formatRelative(atMs, nowMs)}`;
    },
    bucket: (startMs, bucket) => (bucket === "hour" ? hour : day).format(startMs),
    toField(instant) {
      const atMs = Date.parse(instant);
      if (Number.isNaN(atMs)) return "";
      const there = new Date(atMs + offsetMinutes(atMs) * MINUTE_MS).toISOString();
      return there.slice(0, there.endsWith(":00.000Z") ? 16 : 19);
    },
    fromField(value) {
      const at = new Date(name === "utc" ? `${value}Z` : value);
      return Number.isNaN(at.getTime()) ? "" : at.toISOString().replace(".000Z", "Z");
    },
  };
}
