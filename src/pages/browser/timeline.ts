import type { Bucket, Timeline } from "../../core/queries.ts";

/** What `GET /stats/timeline` answers. */
export interface TimelineAnswer extends Timeline {
  readonly bucket: Bucket;
}

export interface Bar {
  readonly startMs: number;
  readonly count: number;
}

export const BUCKET_MS: Readonly<Record<Bucket, number>> = { hour: 3_600_000, day: 86_400_000 };

/** How many bars a chart has: two days, two months. */
export const BAR_COUNT: Readonly<Record<Bucket, number>> = { hour: 48, day: 60 };

/** The newest buckets without gaps, up to the last one that holds messages; empty where none does. */
export function toBars(timeline: TimelineAnswer): readonly Bar[] {
  const counts = new Map(timeline.data.map(({ start, count }) => [Date.parse(start), count] as const));
  const last = timeline.data.at(-1);
  if (last === undefined) return [];
  const lastMs = Date.parse(last.start);
  const length = BAR_COUNT[timeline.bucket];
  return Array.from({ length }, (_, index) => {
    const startMs = lastMs - (length - 1 - index) * BUCKET_MS[timeline.bucket];
    return { startMs, count: counts.get(startMs) ?? 0 };
  });
}
