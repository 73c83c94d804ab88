import type { ExpositionFormat } from "../core/exposition.ts";

export type FamilyType = "counter" | "gauge" | "histogram" | "untyped";

/**
 * What one series holds: `value` is the sample (of a histogram: the sum); `counts` has one count per bucket, not cumulative,
 * `+Inf` last.
 */
export interface SeriesData {
  readonly value: number;
  readonly counts?: Float64Array;
}

export interface ExposedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  /** Upper bounds of a histogram, without `+Inf`. */
  readonly buckets: readonly number[];
  /** By label text, such as `method="GET",status="200"`. */
  readonly series: ReadonlyMap<string, SeriesData>;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };

/**
 * The text between a sample's braces, escaped as both formats require; empty without labels. Throws if the numbers of values
 * and names differ.
 */
export function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length !== values.length) throw new Error(`Cannot label a series: it must have ${names.length} label values`);
  return names.map((name, index) => `${name}="${escapeQuoted(values[index] ?? "")}"`).join(",");
}

/**
 * Renders the families as Prometheus text 0.0.4 (prometheus/docs, "Exposition formats") or OpenMetrics 1.0 (the specification's
 * "Text format"): one contiguous group per family in the given order, HELP and TYPE first, a line feed at the very end. In
 * OpenMetrics a histogram with a negative sum shows only its buckets, since the format does not allow such a sum.
 */
export function renderExposition(families: readonly ExposedFamily[], format: ExpositionFormat): string {
  let text = "";
  for (const family of families) text += header(family, format) + samples(family, format);
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}

function header({ name, help, type }: ExposedFamily, format: ExpositionFormat): string {
  if (format === "prometheus") {
    return `# HELP ${name} ${help.replace(/[\\\n]/g, escapeCharacter)}\n# TYPE ${name} ${type}\n`;
  }
  const family = type === "counter" ? name.slice(0, -"_total".length) : name;
  return `# HELP ${family} ${escapeQuoted(help)}\n# TYPE ${family} ${type === "untyped" ? "unknown" : type}\n`;
}

function samples({ name, buckets, series }: ExposedFamily, format: ExpositionFormat): string {
  let text = "";
  for (const [labels, { value, counts }] of series) {
    const braced = labels === "" ? "" : `{${labels}}`;
    if (counts === undefined) {
      text += `${name}${braced} ${numberText(value)}\n`;
      continue;
    }
    const before = `${name}_bucket{${labels === "" ? "" : `${labels},`}le="`;
    let count = 0;
    for (const [index, own] of counts.entries()) {
      count += own;
      text += `${before}${boundText(buckets[index] ?? Infinity, format)}"} ${count}\n`;
    }
    // OpenMetrics treats a sum as a counter, which is never negative, and requires a count exactly if there is a sum.
    if (format === "openmetrics" && value < 0) continue;
    text += `${name}_sum${braced} ${numberText(value)}\n${name}_count${braced} ${count}\n`;
  }
  return text;
}

/** OpenMetrics requires `1.0` where 0.0.4 has always had `1`: section "Considerations: Canonical Numbers". */
function boundText(bound: number, format: ExpositionFormat): string {
  return format === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : numberText(bound);
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeQuoted(text: string): string {
  return text.replace(/[\\"\n]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? character;
}
