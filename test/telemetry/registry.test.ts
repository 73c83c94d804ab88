import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRegistry } from "../../src/telemetry/registry.ts";
import type { Registry } from "../../src/telemetry/registry.ts";
import { parseExposition } from "./exposition-parser.ts";

function registryWithEveryType(): Registry {
  const registry = createRegistry();
  const jobs = registry.counter("jobs_total", "Jobs, by kind.", { labelNames: ["kind", "state"] });
  jobs.labels("mail", "done").inc();
  jobs.labels("mail", "done").inc();
  jobs.labels("print", "failed");
  registry.gauge("depth", "Depth.").labels().set(-1.5);
  registry.untyped("odd_total", "An inherited name.").labels().set(7);
  const sizes = registry.histogram("size_bytes", "Sizes.", { buckets: [0.5, 1, 10], labelNames: ["kind"] }).labels("mail");
  for (const size of [0.25, 0.5, 0.75, 10, 11]) sizes.observe(size);
  registry.histogram("wait_seconds", "Waits.", { buckets: [1] }).labels();
  registry.gauge("silent", "No series yet.");
  return registry;
}

const PROMETHEUS = `# HELP jobs_total Jobs, by kind.
# TYPE jobs_total counter
jobs_total{kind="mail",state="done"} 2
jobs_total{kind="print",state="failed"} 0
# HELP depth Depth.
# TYPE depth gauge
depth -1.5
# HELP odd_total An inherited name.
# TYPE odd_total untyped
odd_total 7
# HELP size_bytes Sizes.
# TYPE size_bytes histogram
size_bytes_bucket{kind="mail",le="0.5"} 2
size_bytes_bucket{kind="mail",le="1"} 3
size_bytes_bucket{kind="mail",le="10"} 4
size_bytes_bucket{kind="mail",le="+Inf"} 5
size_bytes_sum{kind="mail"} 22.5
size_bytes_count{kind="mail"} 5
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1"} 0
wait_seconds_bucket{le="+Inf"} 0
wait_seconds_sum 0
wait_seconds_count 0
# HELP silent No series yet.
# TYPE silent gauge
`;

const OPENMETRICS = `# HELP jobs Jobs, by kind.
# TYPE jobs counter
jobs_total{kind="mail",state="done"} 2
jobs_total{kind="print",state="failed"} 0
# HELP depth Depth.
# TYPE depth gauge
depth -1.5
# HELP odd_total An inherited name.
# TYPE odd_total unknown
odd_total 7
# HELP size_bytes Sizes.
# TYPE size_bytes histogram
size_bytes_bucket{kind="mail",le="0.5"} 2
size_bytes_bucket{kind="mail",le="1.0"} 3
size_bytes_bucket{kind="mail",le="10.0"} 4
size_bytes_bucket{kind="mail",le="+Inf"} 5
size_bytes_sum{kind="mail"} 22.5
size_bytes_count{kind="mail"} 5
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1.0"} 0
wait_seconds_bucket{le="+Inf"} 0
wait_seconds_sum 0
wait_seconds_count 0
# HELP silent No series yet.
# TYPE silent gauge
# EOF
`;

describe("the text of a registry", () => {
  test("is Prometheus text 0.0.4", async () => {
    assert.equal(await registryWithEveryType().expose("prometheus"), PROMETHEUS);
  });

  test("is OpenMetrics 1.0", async () => {
    assert.equal(await registryWithEveryType().expose("openmetrics"), OPENMETRICS);
  });

  test("passes the checks of the parser that other tests use", () => {
    assert.equal(parseExposition(PROMETHEUS).samples.size, 14);
    assert.equal(parseExposition(OPENMETRICS).types.get("jobs"), "counter");
  });

  test("is empty for an empty registry, except for the end marker of OpenMetrics", async () => {
    assert.equal(await createRegistry().expose("prometheus"), "");
    assert.equal(await createRegistry().expose("openmetrics"), "# EOF\n");
  });

  const helps = [
    ["prometheus", 'back\\\\slash "quote" line\\nfeed'],
    ["openmetrics", 'back\\\\slash \\"quote\\" line\\nfeed'],
  ] as const;
  for (const [format, help] of helps) {
    test(`escapes help and label values in ${format}`, async () => {
      const registry = createRegistry();
      registry.gauge("x", 'back\\slash "quote" line\nfeed', { labelNames: ["a", "b"] }).labels('\\ " \n', "ümlaut,}").set(1);
      const lines = (await registry.expose(format)).split("\n");
      assert.equal(lines[0], `# HELP x ${help}`);
      assert.equal(lines[2], 'x{a="\\\\ \\" \\n",b="ümlaut,}"} 1');
    });
  }

  for (const [value, text] of [[NaN, "NaN"], [Infinity, "+Inf"], [-Infinity, "-Inf"], [1e21, "1e+21"], [0.1, "0.1"]] as const) {
    test(`writes the value ${text}`, async () => {
      const registry = createRegistry();
      registry.gauge("x", "X.").labels().set(value);
      assert.match(await registry.expose("prometheus"), new RegExp(`^x ${text.replace("+", "\\+")}$`, "m"));
    });
  }

  test("has a negative sum of a histogram in 0.0.4, but neither sum nor count in OpenMetrics, which forbids it", async () => {
    const registry = createRegistry();
    registry.histogram("lag_seconds", "Lag.", { buckets: [1] }).labels().observe(-3);
    const prometheus = parseExposition(await registry.expose("prometheus")).samples;
    assert.deepEqual([...prometheus], [
      ['lag_seconds_bucket{le="1"}', 1], ['lag_seconds_bucket{le="+Inf"}', 1], ["lag_seconds_sum", -3], ["lag_seconds_count", 1],
    ]);
    const openMetrics = parseExposition(await registry.expose("openmetrics")).samples;
    assert.deepEqual([...openMetrics], [['lag_seconds_bucket{le="1.0"}', 1], ['lag_seconds_bucket{le="+Inf"}', 1]]);
  });
});

describe("a family", () => {
  test("gives one series for equal values, and another one for values that would only be equal if joined", () => {
    const family = createRegistry().counter("x_total", "X.", { labelNames: ["a", "b"] });
    assert.equal(family.labels("1", "2"), family.labels("1", "2"));
    assert.notEqual(family.labels('1",b="2', ""), family.labels("1", '2",b="'));
    assert.notEqual(family.labels("\\n", ""), family.labels("\n", ""));
  });

  test("shares nothing between two registries", () => {
    const [first, second] = [createRegistry(), createRegistry()].map((registry) => registry.counter("x_total", "X.").labels());
    first?.inc();
    assert.equal(first?.value, 1);
    assert.equal(second?.value, 0);
  });

  for (const [observed, bucket] of [[-1, "1"], [0.999, "1"], [1, "1"], [1.001, "2"], [2, "2"], [2.001, "+Inf"], [NaN, "+Inf"]] as const) {
    test(`counts an observation of ${observed} from bucket ${bucket} up`, async () => {
      const registry = createRegistry();
      registry.histogram("x", "X.", { buckets: [1, 2] }).labels().observe(observed);
      const { samples } = parseExposition(await registry.expose("prometheus"));
      const first = ["1", "2", "+Inf"].find((bound) => samples.get(`x_bucket{le="${bound}"}`) === 1);
      assert.equal(first, bucket);
    });
  }
});

describe("registering", () => {
  const refused: readonly (readonly [string, (registry: Registry) => unknown])[] = [
    ["a name twice", (r) => [r.gauge("x", "X."), r.gauge("x", "X.")]],
    ["a name twice with another type", (r) => [r.counter("x_total", "X."), r.untyped("x_total", "X.")]],
    ["a gauge under a counter's family name", (r) => [r.counter("x_total", "X."), r.gauge("x", "X.")]],
    ["a gauge under a histogram's sample name", (r) => [r.histogram("x", "X.", { buckets: [1] }), r.gauge("x_count", "X.")]],
    ["a histogram over a gauge", (r) => [r.gauge("x_sum", "X."), r.histogram("x", "X.", { buckets: [1] })]],
    ["a counter that does not end in _total", (r) => r.counter("x", "X.")],
    ["a malformed name", (r) => r.gauge("1x", "X.")],
    ["a malformed label", (r) => r.gauge("x", "X.", { labelNames: ["a-b"] })],
    ["a reserved label", (r) => r.histogram("x", "X.", { buckets: [1], labelNames: ["le"] })],
    ["an internal label", (r) => r.gauge("x", "X.", { labelNames: ["__a"] })],
    ["a label twice", (r) => r.gauge("x", "X.", { labelNames: ["a", "a"] })],
    ["buckets that do not increase", (r) => r.histogram("x", "X.", { buckets: [1, 1] })],
    ["a bucket that is not finite", (r) => r.histogram("x", "X.", { buckets: [1, Infinity] })],
  ];
  for (const [what, act] of refused) {
    test(`refuses ${what}`, () => {
      assert.throws(() => act(createRegistry()), Error);
    });
  }

  test("leaves the registry unchanged if it refuses", async () => {
    const registry = createRegistry();
    registry.gauge("x_sum", "X.");
    assert.throws(() => registry.histogram("x", "X.", { buckets: [1] }));
    registry.gauge("x", "X.");
    assert.equal((await registry.expose("prometheus")).match(/^# TYPE/gm)?.length, 2);
  });
});

describe("gauges that are sampled at a scrape", () => {
  test("are sampled each time, whether they return a value or a promise", async () => {
    const registry = createRegistry();
    let samplings = 0;
    registry.sampledGauge("now", "N.", () => (samplings += 1));
    registry.sampledGauge("later", "L.", () => Promise.resolve(samplings * 10));
    assert.equal(parseExposition(await registry.expose("prometheus")).samples.get("now"), 1);
    const second = parseExposition(await registry.expose("openmetrics")).samples;
    assert.deepEqual([...second], [["now", 2], ["later", 20]]);
  });

  test("have no sample, rather than an old one, while they fail or return nothing, and do not affect others", async () => {
    const registry = createRegistry();
    const values: (number | undefined | Error)[] = [5, new Error("gone"), 6, undefined];
    function next(): number | undefined {
      const value = values.shift();
      if (value instanceof Error) throw value;
      return value;
    }
    registry.sampledGauge("fragile", "F.", next);
    registry.gauge("other", "O.").labels().set(1);
    registry.onScrape(() => Promise.reject(new Error("a collector failed")));
    const seen: (number | undefined)[] = [];
    for (let scrape = 0; scrape < 4; scrape += 1) {
      const { samples } = parseExposition(await registry.expose("prometheus"));
      seen.push(samples.get("fragile"));
      assert.equal(samples.get("other"), 1);
    }
    assert.deepEqual(seen, [5, undefined, 6, undefined]);
  });

  test("never leave a gap in one scrape while another scrape waits", async () => {
    const registry = createRegistry();
    const first = Promise.withResolvers<number>();
    const values = [first.promise, Promise.resolve(2)];
    registry.sampledGauge("x", "X.", () => values.shift());
    const slow = registry.expose("prometheus");
    assert.equal(parseExposition(await registry.expose("prometheus")).samples.get("x"), 2);
    first.resolve(1);
    assert.equal(parseExposition(await slow).samples.get("x"), 1);
  });
});
