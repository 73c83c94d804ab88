import type { Bucket, Stats } from "../../core/queries.ts";
import type { Api } from "./api.ts";
import { byId, create, createSvg } from "./dom.ts";
import { countOf, formatNumber, formatTime } from "./format.ts";
import { createRecovery } from "./recovery.ts";
import { drawTimeline, type OnBucket } from "./timeline-chart.ts";
import { BAR_COUNT, type TimelineAnswer } from "./timeline.ts";

export interface OverviewOptions {
  readonly api: Api;
  readonly onSender: (number: string) => void;
  readonly onBucket: OnBucket;
  /** What `senders` gives may have changed. */
  readonly onSenders: () => void;
}

/** Totals, the chart over time and that of the largest senders: of all messages, whatever the filters. */
export interface Overview {
  /** Asks for everything again, at once the first time and at most every few seconds then. */
  refresh(): void;
  /** Asks at once again if the last request failed. */
  retry(): void;
  /** The senders that it knows. */
  senders(): readonly string[];
}

const REFRESH_MS = 5000;

export function createOverview(options: OverviewOptions): Overview {
  const { api } = options;
  const elements = {
    chart: byId("timeline-chart", HTMLElement),
    summary: byId("timeline-summary", HTMLElement),
    table: byId("timeline-rows", HTMLTableSectionElement),
  };
  const notice = byId("overview-notice", HTMLElement);
  const recovery = createRecovery(() => void ask());
  const senders = byId("senders", HTMLOListElement);
  const numbers = byId("sender-numbers", HTMLDataListElement);
  const buttons: readonly (readonly [Bucket, HTMLButtonElement])[] = [
    ["hour", byId("by-hour", HTMLButtonElement)],
    ["day", byId("by-day", HTMLButtonElement)],
  ];
  let bucket: Bucket = "hour";
  let asked = new AbortController();
  let timer: number | undefined;
  let again = false;

  function showTotals(stats: Stats): void {
    const shown: readonly (readonly [string, string])[] = [
      ["total-messages", formatNumber(stats.total_messages)],
      ["total-senders", formatNumber(stats.senders_count)],
      ["first-message", stats.first_message_ts === null ? "–" : formatTime(stats.first_message_ts)],
      ["last-message", stats.last_message_ts === null ? "–" : formatTime(stats.last_message_ts)],
    ];
    for (const [id, text] of shown) byId(id, HTMLElement).textContent = text;
  }

  function showSenders(largest: Stats["messages_per_sender"]): void {
    const most = largest[0]?.count ?? 1;
    senders.replaceChildren(...largest.map(({ from, count }) => {
      const bar = createSvg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
        createSvg("rect", { class: "track", width: "100", height: "4" }), createSvg("rect", { width: String((count / most) * 100), height: "4" }));
      const button = create("button", { type: "button", class: "sender", title: "Show only this sender" },
        create("bdi", {}, from), create("span", { class: "spoken" }, ": "), create("span", { class: "quiet" }, countOf(count, "message")), bar);
      button.addEventListener("click", () => options.onSender(from));
      return create("li", {}, button);
    }));
    if (largest.length === 0) senders.append(create("li", { class: "quiet" }, "No messages yet"));
    numbers.replaceChildren(...largest.map(({ from }) => create("option", { value: from })));
  }

  async function ask(): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const [stats, timeline] = await Promise.all([
      api.get<Stats>("/stats", signal),
      api.get<TimelineAnswer>(`/stats/timeline?bucket=${bucket}&limit=${BAR_COUNT[bucket]}`, signal),
    ]);
    if (signal.aborted) return;
    const hasFailed = stats.kind === "failed" || timeline.kind === "failed";
    notice.hidden = !hasFailed;
    if (hasFailed) recovery.failed(true);
    else recovery.worked();
    // With the token all of it is asked for at once.
    if (stats.kind === "unauthorized") {
      clearTimeout(timer);
      timer = undefined;
    }
    if (stats.kind === "ok") {
      showTotals(stats.value);
      showSenders(stats.value.messages_per_sender);
      options.onSenders();
    }
    if (timeline.kind === "ok") drawTimeline(elements, timeline.value, options.onBucket);
  }

  function refresh(): void {
    if (timer !== undefined) {
      again = true;
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      if (again) refresh();
    }, REFRESH_MS);
    again = false;
    void ask();
  }

  for (const [wanted, button] of buttons) {
    button.addEventListener("click", () => {
      bucket = wanted;
      for (const [other, its] of buttons) its.setAttribute("aria-pressed", String(other === bucket));
      void ask();
    });
  }
  return { refresh, retry: recovery.now, senders: () => Array.from(numbers.options, ({ value }) => value) };
}
