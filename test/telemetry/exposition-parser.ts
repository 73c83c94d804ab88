import assert from "node:assert/strict";

export interface ParsedExposition {
  /** By series as written, for example `x_total{a="b"}`. */
  readonly samples: ReadonlyMap<string, number>;
  /** By family name. */
  readonly types: ReadonlyMap<string, string>;
}

const HEADER = /^# (HELP|TYPE) ([A-Za-z_][A-Za-z0-9_]*) (.+)$/;
const SAMPLE = /^([A-Za-z_][A-Za-z0-9_]*)(\{(?:[A-Za-z_][A-Za-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)$/;

/**
 * Parses Prometheus text or OpenMetrics and asserts what both formats require: the lines of each family are together, with HELP and
 * TYPE before the samples; no series occurs twice; buckets never fall; `+Inf` equals `_count`; the text ends with a line feed.
 */
export function parseExposition(text: string): ParsedExposition {
  assert.ok(text.endsWith("\n"), "the text ends with a line feed");
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  const helps = new Set<string>();
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "# EOF") continue;
    const header = HEADER.exec(line);
    if (header !== null) {
      const [, keyword, name = "", rest = ""] = header;
      if (keyword === "HELP") {
        assert.ok(!helps.has(name), `one HELP: ${name}`);
        helps.add(name);
        family = name;
      } else {
        assert.equal(name, family, "TYPE follows HELP of the same family");
        types.set(name, rest);
      }
      continue;
    }
    const sample = SAMPLE.exec(line);
    assert.ok(sample !== null, `a sample is well formed: ${line}`);
    const [, name = "", labels = "", value = ""] = sample;
    const series = name + labels;
    assert.ok(types.has(family), `TYPE before the sample: ${line}`);
    assert.ok([family, `${family}_total`, `${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name), `the lines of a family are together: ${line}`);
    assert.ok(!samples.has(series), `no series twice: ${series}`);
    samples.set(series, value === "+Inf" ? Infinity : Number(value));
  }
  assertBuckets(samples);
  return { samples, types };
}

function assertBuckets(samples: ReadonlyMap<string, number>): void {
  let previous = 0;
  for (const [series, value] of samples) {
    const bound = /^(.+)_bucket\{(?:(.*),)?le="([^"]+)"\}$/.exec(series);
    if (bound === null) {
      previous = 0;
      continue;
    }
    assert.ok(value >= previous, `buckets never fall: ${series}`);
    previous = value;
    if (bound[3] !== "+Inf") continue;
    const count = `${bound[1]}_count${bound[2] === undefined ? "" : `{${bound[2]}}`}`;
    assert.equal(samples.get(count) ?? value, value, `+Inf equals the count: ${series}`);
    previous = 0;
  }
}
