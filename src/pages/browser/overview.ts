import type { Stats } from "../../core/queries.ts";
import type { Api } from "./api.ts";
import { byId, create, createSvg } from "./dom.ts";
import type { Filters } from "./filters.ts";
import { countOf, formatNumber } from "./format.ts";
import { AHEAD_MS, createFlag } from "./message-row.ts";
import { createRecovery } from "./recovery.ts";
import { createTimelineCard } from "./timeline-card.ts";
import type { OnBucket } from "./timeline-chart.ts";
import type { Times } from "./times.ts";

export interface OverviewOptions {
  readonly api: Api;
  readonly times: Times;
  readonly filters: () => Filters;
  readonly onSender: (number: string) => void;
  readonly onBucket: OnBucket;
  /** The result of `senders` may have changed. */
  readonly onSenders: () => void;
}

/** The totals and the chart of the largest senders, for all messages; the chart over time, for the messages that match the filters. */
export interface Overview {
  /** Loads everything again, at most every few seconds. */
  refresh(): void;
  /** Loads at once: at the start, or when filters, zone or token have changed. */
  follow(): void;
  /** Retries at once if the last request failed. */
  retry(): void;
  /** The known senders. */
  senders(): readonly string[];
}

const REFRESH_MS = 5000;
/** The chart ends at the present time, so it moves even without new messages. */
const REDRAW_MS = 30_000;

/** Sets up the totals, the senders and the chart of the page. */
export function createOverview(options: OverviewOptions): Overview {
  const { api, times } = options;
  const notice = byId("overview-notice", HTMLElement);
  const recovery = createRecovery(() => void load());
  const senders = byId("senders", HTMLOListElement);
  const numbers = byId("sender-numbers", HTMLDataListElement);
  const timeline = createTimelineCard({ api, times, filters: options.filters, onBucket: options.onBucket, onUnit: () => void load() });
  let loading = new AbortController();
  let timer: number | undefined;
  let again = false;

  function showTotals(stats: Stats): void {
    byId("total-messages", HTMLElement).textContent = formatNumber(stats.total_messages);
    byId("total-senders", HTMLElement).textContent = formatNumber(stats.senders_count);
    for (const [id, ts] of [["first-message", stats.first_message_ts], ["last-message", stats.last_message_ts]] as const) {
      const isAhead = ts !== null && Date.parse(ts) > Date.now() + AHEAD_MS;
      const flag = isAhead ? [" ", createFlag()] : [];
      byId(id, HTMLElement).replaceChildren(...(ts === null ? ["–"] : [times.create(ts, "short"), ...flag]));
    }
  }

  function showSenders(largest: Stats["messages_per_sender"]): void {
    const most = largest[0]?.count ?? 1;
    senders.replaceChildren(...largest.map((sender) => createSender(sender, { most, onSender: options.onSender })));
    if (largest.length === 0) senders.append(create("li", { class: "quiet" }, "No messages yet"));
    numbers.replaceChildren(...largest.map(({ from }) => create("option", { value: from })));
  }

  async function load(): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    const [stats, chart] = await Promise.all([api.get<Stats>("/stats", signal), timeline.load(signal)]);
    if (signal.aborted) return;
    const hasFailed = stats.kind === "failed" || chart === "failed";
    notice.hidden = !hasFailed;
    if (hasFailed) recovery.failed(true);
    else recovery.succeeded();
    if (stats.kind === "ok") {
      showTotals(stats.value);
      showSenders(stats.value.messages_per_sender);
      options.onSenders();
    }
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
    void load();
  }

  setInterval(timeline.redraw, REDRAW_MS);
  return { refresh, follow: () => void load(), retry: recovery.now, senders: () => Array.from(numbers.options, ({ value }) => value) };
}

interface SenderOptions extends Pick<OverviewOptions, "onSender"> {
  /** The number of messages of the largest sender, whose bar has the whole width. */
  readonly most: number;
}

/** A sender, the number of its messages, and a bar in proportion to the largest. A click selects the sender. */
function createSender({ from, count }: Stats["messages_per_sender"][number], { most, onSender }: SenderOptions): HTMLLIElement {
  const bar = createSvg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    createSvg("rect", { class: "track", width: "100", height: "4" }),
    createSvg("rect", { width: String((count / most) * 100), height: "4" }));
  const button = create("button", { type: "button", class: "sender", title: "Show only this sender" },
    create("bdi", {}, from),
    create("span", { class: "spoken" }, ": "),
    create("span", { class: "quiet" }, countOf(count, "message")),
    bar);
  button.addEventListener("click", () => onSender(from));
  return create("li", {}, button);
}
