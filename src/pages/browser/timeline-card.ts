import type { Bucket } from "../../core/queries.ts";
import type { Answer, Api } from "./api.ts";
import { byId } from "./dom.ts";
import type { Filters } from "./filters.ts";
import { drawTimeline, type OnBucket } from "./timeline-chart.ts";
import { chartRange, toBars, toTimelineQuery, type TimelineAnswer } from "./timeline.ts";
import type { Times } from "./times.ts";

export interface TimelineCardOptions {
  readonly api: Api;
  readonly times: Pick<Times, "zone">;
  readonly filters: () => Filters;
  readonly onBucket: OnBucket;
  /** The reader has chosen another unit of time. */
  readonly onUnit: () => void;
}

/** The chart of messages over time: of those that the filters admit. */
export interface TimelineCard {
  /** Asks the service and draws what it gives. */
  ask(signal: AbortSignal): Promise<Answer<unknown>["kind"]>;
  /** Draws again what it gave: the clock has gone on. */
  redraw(): void;
}

/** Takes the chart, its summary and its table of the page. */
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
  let drawn: { readonly filters: Filters; readonly answer: TimelineAnswer } | undefined;

  function draw(filters: Filters, answer: TimelineAnswer): void {
    drawn = { filters, answer };
    const nowMs = Date.now();
    const zone = options.times.zone();
    const range = chartRange({ bucket, filters, zone, nowMs });
    drawTimeline(elements, { range, bars: toBars(range, answer), zone, nowMs, onBucket: options.onBucket });
  }

  for (const [wanted, button] of buttons) {
    button.addEventListener("click", () => {
      bucket = wanted;
      for (const [other, its] of buttons) its.setAttribute("aria-pressed", String(other === bucket));
      options.onUnit();
    });
  }
  return {
    async ask(signal) {
      const filters = options.filters();
      const range = chartRange({ bucket, filters, zone: options.times.zone(), nowMs: Date.now() });
      const answer = await options.api.get<TimelineAnswer>(`/stats/timeline?${toTimelineQuery(range, filters)}`, signal);
      if (answer.kind === "ok" && !signal.aborted) draw(filters, answer.value);
      return answer.kind;
    },
    redraw() {
      // A button with the focus would be gone.
      if (elements.table.contains(document.activeElement)) return;
      if (drawn !== undefined && drawn.filters === options.filters()) draw(drawn.filters, drawn.answer);
    },
  };
}
