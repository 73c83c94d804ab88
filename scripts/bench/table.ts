/** One measured row; the goal is the minimum or the maximum that it should have. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: "" | "µs" | "ms" | "MiB" | "s" | "bytes";
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
}

/** A Markdown table with each row's goal beside it. */
export function toTable(rows: readonly Row[]): string {
  const lines = rows.map(({ what, value, unit, goal }) => `| ${what} | ${format(value, unit)} | ${describe(goal, unit)} | ${verdict(value, goal)} |`);
  return ["| what | measured | goal | |", "|---|---|---|---|", ...lines].join("\n");
}

function format(value: number, unit: Row["unit"]): string {
  const digits = unit === "bytes" || unit === "MiB" ? 0 : 2;
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
}

function describe(goal: Row["goal"], unit: Row["unit"]): string {
  if (goal === undefined) return "";
  return "atLeast" in goal ? `≥ ${goal.atLeast} ${unit}`.trim() : `≤ ${goal.atMost} ${unit}`.trim();
}

function verdict(value: number, goal: Row["goal"]): string {
  if (goal === undefined) return "";
  return ("atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost) ? "met" : "missed";
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The value that this share of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
