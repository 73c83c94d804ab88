import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp();

/** The series of an exposition in either format, without Node.js's active resources, which come and go. */
function seriesOf(exposition: string): ReadonlyMap<string, number> {
  const lines = exposition.split("\n").filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("nodejs_active_resources{"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

for (const accept of ["text/plain", "application/openmetrics-text"]) {
  test(`a scrape removes no series from the next one, and no counter falls: ${accept}`, async () => {
    const app = await shared();
    await app.deliver(delivery());
    const scrape = async (): Promise<ReadonlyMap<string, number>> => seriesOf((await app.request("/metrics", { headers: { Accept: accept } })).body);
    // A scrape is counted only once it is complete.
    await scrape();
    let before = await scrape();
    for (let round = 0; round < 5; round += 1) {
      const after = await scrape();
      assert.deepEqual([...after.keys()].toSorted(), [...before.keys()].toSorted());
      for (const [series, value] of before) {
        assert.ok(!Number.isNaN(value), series);
        if (/_(total|count|sum|bucket)(\{|$)/.test(series) && series !== "nodejs_active_resources_total") assert.ok((after.get(series) ?? -1) >= value, series);
      }
      const lag = [...before].filter(([series]) => /^nodejs_eventloop_lag_(min|max|mean|stddev|p\d+)_seconds$/.test(series));
      assert.equal(lag.length, 7);
      // A maximum of 0 would mean that the scrape before had reset the window.
      if ((before.get("nodejs_eventloop_lag_max_seconds") ?? 0) > 0) assert.ok((after.get("nodejs_eventloop_lag_max_seconds") ?? 0) > 0);
      before = after;
    }
  });
}
