import type { ExpositionFormat, MetricsSource } from "../core/exposition.ts";
import { labelText, renderExposition } from "./exposition.ts";
import type { ExposedFamily, FamilyType, SeriesData } from "./exposition.ts";

/** A value that only grows. Assign `value` if the total is kept elsewhere, such as by the kernel. */
export interface Counter {
  value: number;
  inc(): void;
  add(amount: number): void;
}

/** A value that goes up and down. */
export interface Gauge {
  value: number;
  set(value: number): void;
}

/** Counts of observations by size. */
export interface Histogram {
  observe(value: number): void;
}

/** One string for each label name, in the order of the names. */
export type LabelValues<Names extends readonly string[]> = { readonly [Index in keyof Names]: string };

/** All series of one metric. */
export interface Family<Child, Names extends readonly string[]> {
  /**
   * The series with these label values, created at 0 the first time. Resolve it once and keep it, so that a hot path does no
   * lookup.
   */
  labels(...values: LabelValues<Names>): Child;
  /** Removes every series: until one is created again, the exposition shows only the family's HELP and TYPE. */
  clear(): void;
}

export interface FamilyOptions<Names extends readonly string[]> {
  readonly labelNames: Names;
}

export interface HistogramOptions<Names extends readonly string[]> extends Partial<FamilyOptions<Names>> {
  /** Upper bounds of the buckets, strictly increasing and finite; `+Inf` is added. */
  readonly buckets: readonly number[];
}

/** The value of a gauge at a scrape; undefined, an exception or a rejection means that it has no sample. */
export type GaugeSource = () => number | undefined | Promise<number | undefined>;

/**
 * A set of metrics and its exposition. A value, not a global, so that two services or tests in one process share nothing. Registering
 * throws if a name or label name is malformed, if a counter's name does not end in `_total`, if bounds do not increase, or if
 * two families would write the same sample name.
 */
export interface Registry extends MetricsSource {
  counter<const Names extends readonly string[] = []>(
    name: string, help: string, options?: FamilyOptions<Names>,
  ): Family<Counter, Names>;
  gauge<const Names extends readonly string[] = []>(
    name: string, help: string, options?: FamilyOptions<Names>,
  ): Family<Gauge, Names>;
  /** A gauge of unspecified type, for inherited names that break a type's naming rules. */
  untyped<const Names extends readonly string[] = []>(
    name: string, help: string, options?: FamilyOptions<Names>,
  ): Family<Gauge, Names>;
  histogram<const Names extends readonly string[] = []>(
    name: string, help: string, options: HistogramOptions<Names>,
  ): Family<Histogram, Names>;
  /** A gauge without labels whose value is read at each scrape. */
  sampledGauge(name: string, help: string, source: GaugeSource): void;
  /** Runs before every exposition, to set several series at once. If it throws, the rest is still shown. */
  onScrape(collect: () => void | Promise<void>): void;
}

// The characters of the metric data model, without the colon, which is reserved for recording rules.
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function createCounter(): Counter & SeriesData {
  const counter = {
    value: 0,
    inc(): void {
      counter.value += 1;
    },
    add(amount: number): void {
      counter.value += amount;
    },
  };
  return counter;
}

function createGauge(): Gauge & SeriesData {
  const gauge = {
    value: 0,
    set(value: number): void {
      gauge.value = value;
    },
  };
  return gauge;
}

function createHistogram(buckets: readonly number[]): Histogram & SeriesData {
  const histogram = {
    value: 0,
    counts: new Float64Array(buckets.length + 1),
    observe(value: number): void {
      const { counts } = histogram;
      let index = 0;
      // Linear: there are few buckets, and most observations fall into the first ones. !(a <= b), so that NaN lands in +Inf.
      while (index < buckets.length && !(value <= (buckets[index] ?? Infinity))) index += 1;
      counts[index] = (counts[index] ?? 0) + 1;
      histogram.value += value;
    },
  };
  return histogram;
}

/** An empty registry. */
export function createRegistry(): Registry {
  const families: ExposedFamily[] = [];
  const takenNames = new Set<string>();
  const collectors: (() => void | Promise<void>)[] = [];

  function register<Child extends SeriesData, const Names extends readonly string[]>(
    family: Omit<ExposedFamily, "series">, labelNames: Names | undefined, create: () => Child,
  ): Family<Child, Names> {
    const names: readonly string[] = labelNames ?? [];
    checkNames(family, names);
    for (const sample of sampleNames(family)) {
      if (takenNames.has(sample)) throw new Error(`Cannot register ${family.name}: ${sample} must not be registered yet`);
    }
    for (const sample of sampleNames(family)) takenNames.add(sample);
    const children = new Map<string, Child>();
    families.push({ ...family, series: children });
    return {
      labels(...values): Child {
        const key = labelText(names, values);
        let child = children.get(key);
        if (child === undefined) {
          child = create();
          children.set(key, child);
        }
        return child;
      },
      clear(): void {
        children.clear();
      },
    };
  }

  const registry: Registry = {
    counter(name, help, options) {
      return register({ name, help, type: "counter", buckets: [] }, options?.labelNames, createCounter);
    },
    gauge(name, help, options) {
      return register({ name, help, type: "gauge", buckets: [] }, options?.labelNames, createGauge);
    },
    untyped(name, help, options) {
      return register({ name, help, type: "untyped", buckets: [] }, options?.labelNames, createGauge);
    },
    histogram(name, help, { buckets, labelNames }) {
      return register({ name, help, type: "histogram", buckets }, labelNames, () => createHistogram(buckets));
    },
    sampledGauge(name, help, source) {
      const family = registry.gauge(name, help);
      registry.onScrape(async () => {
        // Set and cleared after the wait, never before: another scrape may be writing its text meanwhile.
        const value = await Promise.try(source).catch(() => undefined);
        if (value === undefined) family.clear();
        else family.labels().set(value);
      });
    },
    onScrape(collect) {
      collectors.push(collect);
    },
    async expose(format: ExpositionFormat): Promise<string> {
      await Promise.allSettled(collectors.map((collect) => Promise.try(collect)));
      // In one go after the last wait, so that buckets, sums and counts belong to the same moment.
      return renderExposition(families, format);
    },
  };
  return registry;
}

function checkNames({ name, type, buckets }: Omit<ExposedFamily, "series">, labelNames: readonly string[]): void {
  if (!NAME.test(name)) throw new Error(`Cannot register ${name}: a metric name must match ${NAME}`);
  if (type === "counter" && !name.endsWith("_total")) throw new Error(`Cannot register ${name}: a counter must end in _total`);
  for (const [index, label] of labelNames.entries()) {
    if (!NAME.test(label) || label.startsWith("__") || label === "le" || labelNames.indexOf(label) !== index) {
      throw new Error(`Cannot register ${name}: the label ${label} must match ${NAME}, be unique and not be reserved`);
    }
  }
  for (const [index, bound] of buckets.entries()) {
    if (!Number.isFinite(bound) || bound <= (buckets[index - 1] ?? -Infinity)) {
      throw new Error(`Cannot register ${name}: buckets must be finite and increase strictly`);
    }
  }
}

/** Every name that a family occupies: OpenMetrics counts a counter's family name too. */
function sampleNames({ name, type }: { readonly name: string; readonly type: FamilyType }): readonly string[] {
  if (type === "histogram") return [name, `${name}_bucket`, `${name}_count`, `${name}_sum`];
  if (type === "counter") return [name, name.slice(0, -"_total".length)];
  return [name];
}
