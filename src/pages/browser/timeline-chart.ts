import type { Bucket } from "../../core/queries.ts";
import { create, createSvg } from "./dom.ts";
import { countOf, formatBucket, formatNumber } from "./format.ts";
import { BUCKET_MS, toBars, type Bar, type TimelineAnswer } from "./timeline.ts";

export interface TimelineElements {
  readonly chart: HTMLElement;
  readonly summary: HTMLElement;
  readonly table: HTMLTableSectionElement;
}

/** The reader wants the messages of one bucket alone. */
export type OnBucket = (startMs: number, endMs: number) => void;

const WIDTH = 320;
const HEIGHT = 128;
const TOP = 17;
const BOTTOM = 18;

/** Bars of messages over time; the summary and the table say the same in words. */
export function drawTimeline(elements: TimelineElements, timeline: TimelineAnswer, onBucket: OnBucket): void {
  const { bucket } = timeline;
  const bars = toBars(timeline);
  const filled = bars.filter(({ count }) => count > 0);
  const peak = filled.reduce<Bar | undefined>((most, bar) => (most !== undefined && most.count >= bar.count ? most : bar), undefined);
  const first = bars[0];
  const last = bars.at(-1);
  if (peak === undefined || first === undefined || last === undefined) {
    elements.chart.replaceChildren();
    elements.summary.textContent = "No messages yet";
    elements.table.replaceChildren();
    return;
  }
  const zone = bucket === "day" ? " (days of UTC)" : "";
  const sum = bars.reduce((all, { count }) => all + count, 0);
  elements.summary.textContent =
    `${countOf(sum, "message")} in ${bars.length} ${bucket}s up to ${formatBucket(last.startMs, bucket)}${zone}; ` +
    `most at ${formatBucket(peak.startMs, bucket)}: ${formatNumber(peak.count)}`;

  const svg = createSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Messages by ${bucket}: ${elements.summary.textContent}` });
  const baseline = HEIGHT - BOTTOM;
  const step = WIDTH / bars.length;
  svg.append(
    createSvg("line", { class: "grid", x1: "0", x2: String(WIDTH), y1: String(TOP), y2: String(TOP) }),
    createSvg("line", { class: "axis", x1: "0", x2: String(WIDTH), y1: String(baseline), y2: String(baseline) }),
    createSvg("text", { x: "0", y: String(TOP - 4) }, formatNumber(peak.count)),
    createSvg("text", { x: "0", y: String(HEIGHT - 4) }, formatBucket(first.startMs, bucket)),
    createSvg("text", { x: String(WIDTH), y: String(HEIGHT - 4), "text-anchor": "end" }, formatBucket(last.startMs, bucket)),
  );
  for (const [index, { startMs, count }] of bars.entries()) {
    if (count === 0) continue;
    // At least visible, however small beside the largest.
    const height = Math.max((count / peak.count) * (baseline - TOP), 1.5);
    const rect = createSvg(
      "rect",
      { x: (index * step + step * 0.1).toFixed(2), y: (baseline - height).toFixed(2), width: (step * 0.8).toFixed(2), height: height.toFixed(2), rx: "1" },
    );
    const column = createSvg("path", { class: "column", d: `M${(index * step).toFixed(2)} ${TOP}h${step.toFixed(2)}V${baseline}h${(-step).toFixed(2)}z` });
    const title = createSvg("title", {}, `${formatBucket(startMs, bucket)}: ${countOf(count, "message")}`);
    const group = createSvg("g", {}, title, rect, column);
    group.addEventListener("click", () => onBucket(startMs, startMs + BUCKET_MS[bucket]));
    svg.append(group);
  }
  elements.chart.replaceChildren(svg);
  elements.table.replaceChildren(...filled.toReversed().map((bar) => tableRow(bar, bucket, onBucket)));
}

function tableRow({ startMs, count }: Bar, bucket: Bucket, onBucket: OnBucket): HTMLTableRowElement {
  const button = create("button", { type: "button", class: "plain" }, formatBucket(startMs, bucket));
  button.addEventListener("click", () => onBucket(startMs, startMs + BUCKET_MS[bucket]));
  return create("tr", {}, create("th", { scope: "row" }, button), create("td", {}, formatNumber(count)));
}
