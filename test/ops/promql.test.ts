import assert from "node:assert/strict";
import { test } from "node:test";
import { referencesOf } from "./promql.ts";

const ROWS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["up", ["up"], []],
  ['up{job="x"} == 0 or absent(up{job="x"})', ["up"], ["job"]],
  ["histogram_quantile(0.5, sum by (le) (rate(a_bucket[$__rate_interval])))", ["a_bucket"], ["le"]],
  ['a{b=~"5..|x}",c!="d"} / on (e) group_left (f) g', ["a", "g"], ["b", "c", "e", "f"]],
  ["job:a:rate5m > 14.4 * 0.001 and (b offset 1d) < 1e3", ["job:a:rate5m", "b"], []],
  ["time() - max(last_over_time(a[7d])) > scalar(b:c)", ["a", "b:c"], []],
];

for (const [expression, metrics, labels] of ROWS) {
  test(`${expression} uses ${metrics.join(", ")}`, () => {
    assert.deepEqual(referencesOf(expression), { metrics, labels });
  });
}
