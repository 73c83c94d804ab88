import type { Bucket, Timeline } from "../../core/queries.ts";
import type { Api, ApiResponse } from "./api.ts";
import { byId } from "./dom.ts";
import type { Filters } from "./filters.ts";
import { drawTimeline, type OnBucket } from "./timeline-chart.ts";
import { chartRange, toBars, toCounts, toTimelineQuery, type BucketCount } from "./timeline.ts";
import type { Times } from "./times.ts";

export interface TimelineCardOptions {
  readonly api: Api;
  readonly times: Pick<Times, "zone">;
  readonly filters: () => Filters;
  readonly onBucket: OnBucket;
  /** The reader has chosen another unit of time. */
  readonly onUnit: () => void;
}

/** The chart over time of the messages that match the filters. */
export interface TimelineCard {
  /** Loads the counts and draws them. */
  load(signal: AbortSignal): Promise<ApiResponse<unknown>["kind"]>;
  /** Draws the counts again, since time has passed. */
  redraw(): void;
}

/** What the service counted for these filters. */
interface Counted {
  readonly filters: Filters;
  readonly counts: readonly BucketCount[];
}

/** Sets up the chart, its summary and its table. */
export function createTimelineCard(options: TimelineCardOptions): TimelineCard {
  const elements = {
    chart: byId("timeline-chart", HTMLElement),
    summary: byId("timeline-summary", HTMLElement),
    table: byId("timeline-rows", HTMLTableSectionElement),
  };
  const buttons: readonly (readonly [Bucket, HTMLButtonElement])[] = [
    ["hour", byId("by-hour", HTMLButtonElement)],
    ["day", byId("by-day", HTMLButtonElement)],
  ];
  let bucket: Bucket = "hour";
  let drawn: Counted | undefined;

  function draw(counted: Counted): void {
    drawn = counted;
    const { filters, counts } = counted;
    const nowMs = Date.now();
    const zone = options.times.zone();
    const range = chartRange({ bucket, filters, zone, nowMs });
    drawTimeline(elements, { range, bars: toBars(range, counts), zone, nowMs, onBucket: options.onBucket });
  }

  for (const [wanted, button] of buttons) {
    button.addEventListener("click", () => {
      bucket = wanted;
      for (const [other, its] of buttons) its.setAttribute("aria-pressed", String(other === bucket));
      options.onUnit();
    });
  }
  return {
    async load(signal) {
      const filters = options.filters();
      const range = chartRange({ bucket, filters, zone: options.times.zone(), nowMs: Date.now() });
      const counts: BucketCount[] = [];
      for (const part of range.parts) {
        const response = await options.api.get<Timeline>(`/stats/timeline?${toTimelineQuery(range, part, filters)}`, signal);
        if (response.kind !== "ok") return response.kind;
        counts.push(...toCounts(response.value, part));
      }
      if (!signal.aborted) draw({ filters, counts });
      return "ok";
    },
    redraw() {
      // Otherwise a button that has the focus would vanish.
      if (elements.table.contains(document.activeElement)) return;
      if (drawn !== undefined && drawn.filters === options.filters()) draw(drawn);
    },
  };
}
