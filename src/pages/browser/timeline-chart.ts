import { create, createSvg } from "./dom.ts";
import { countOf, formatNumber } from "./format.ts";
import type { Bar, ChartRange } from "./timeline.ts";
import type { Zone } from "./zone.ts";

export interface TimelineElements {
  readonly chart: HTMLElement;
  readonly summary: HTMLElement;
  readonly table: HTMLTableSectionElement;
}

export interface TimelineDrawing {
  readonly range: ChartRange;
  readonly bars: readonly Bar[];
  readonly zone: Zone;
  readonly nowMs: number;
  readonly onBucket: OnBucket;
}

/** The reader wants only the messages of one bucket. */
export type OnBucket = (startMs: number, endMs: number) => void;

const WIDTH = 320;
const HEIGHT = 128;
const TOP = 17;
const BOTTOM = 18;
const BASELINE = HEIGHT - BOTTOM;
const HOUR_MS = 3_600_000;

/** Draws bars of messages over time; summary and table say the same in words. */
export function drawTimeline(elements: TimelineElements, drawing: TimelineDrawing): void {
  const { range: { bucket, starts, isUntilNow }, bars, zone, onBucket } = drawing;
  const filled = bars.filter(({ count }) => count > 0);
  const summary = summarize(drawing, filled);
  elements.summary.textContent = summary;
  elements.table.replaceChildren(...filled.toReversed().map((bar) => tableRow(bar, drawing)));

  const most = Math.max(...filled.map(({ count }) => count), 0);
  const svg = createSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Messages by ${bucket}: ${summary}` });
  const labelOf = (startMs: number | undefined): string => (startMs === undefined ? "" : zone.bucket(startMs, bucket));
  svg.append(
    createSvg("line", { class: "grid", x1: "0", x2: String(WIDTH), y1: String(TOP), y2: String(TOP) }),
    createSvg("line", { class: "axis", x1: "0", x2: String(WIDTH), y1: String(BASELINE), y2: String(BASELINE) }),
    createSvg("text", { x: "0", y: String(TOP - 4) }, formatNumber(most)),
    createSvg("text", { x: "0", y: String(HEIGHT - 4) }, labelOf(starts[0])),
    createSvg("text", { x: String(WIDTH), y: String(HEIGHT - 4), "text-anchor": "end" }, isUntilNow ? "now" : labelOf(starts.at(-1))),
  );
  const step = WIDTH / bars.length;
  for (const [index, { startMs, endMs, count }] of bars.entries()) {
    if (count === 0) continue;
    // At least visible, however small compared with the largest.
    const height = Math.max((count / most) * (BASELINE - TOP), 1.5);
    const rect = createSvg("rect", {
      x: (index * step + step * 0.1).toFixed(2),
      y: (BASELINE - height).toFixed(2),
      width: (step * 0.8).toFixed(2),
      height: height.toFixed(2),
      rx: "1",
    });
    const column = createSvg("path", {
      class: "column",
      d: `M${(index * step).toFixed(2)} ${TOP}h${step.toFixed(2)}V${BASELINE}h${(-step).toFixed(2)}z`,
    });
    const title = createSvg("title", {}, `${zone.bucket(startMs, bucket)}: ${countOf(count, "message")}`);
    const group = createSvg("g", {}, title, rect, column);
    group.addEventListener("click", () => onBucket(startMs, endMs));
    svg.append(group);
  }
  elements.chart.replaceChildren(svg);
}

function summarize({ range, bars, zone, nowMs }: TimelineDrawing, filled: readonly Bar[]): string {
  const { bucket, isUntilNow } = range;
  const length = countOf(bars.length, bucket);
  const where = isUntilNow ? `in the last ${length}` : `in ${length} up to ${zone.bucket(range.starts.at(-1) ?? range.endMs, bucket)}`;
  const last = filled.at(-1);
  if (last === undefined) return `No messages ${where}`;
  const peak = filled.reduce((most, bar) => (most.count >= bar.count ? most : bar));
  const sum = filled.reduce((all, { count }) => all + count, 0);
  const silentMs = isUntilNow ? nowMs - last.endMs : 0;
  const silence = silentMs < HOUR_MS ? "" : `; none in the last ${lasting(silentMs)}`;
  return `${countOf(sum, "message")} ${where}; peak at ${zone.bucket(peak.startMs, bucket)}: ${formatNumber(peak.count)}${silence}`;
}

/** A duration in whole hours, or days if it is long. */
function lasting(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

function tableRow({ startMs, endMs, count }: Bar, { range: { bucket }, zone, onBucket }: TimelineDrawing): HTMLTableRowElement {
  const button = create("button", { type: "button", class: "plain" }, zone.bucket(startMs, bucket));
  button.addEventListener("click", () => onBucket(startMs, endMs));
  return create("tr", {}, create("th", { scope: "row" }, button), create("td", {}, formatNumber(count)));
}
