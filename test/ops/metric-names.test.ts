import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";
import { at, listAt } from "../support/json.ts";
import { parseExposition } from "../telemetry/exposition-parser.ts";
import { panelsOf, readDashboard, readRules } from "./files.ts";
import { referencesOf } from "./promql.ts";

/** Metrics that Prometheus itself adds at each scrape; below, the labels that it adds to every series. */
const BY_PROMETHEUS: ReadonlyMap<string, ReadonlySet<string>> = new Map([["up", new Set<string>()]]);
const TARGET_LABELS: ReadonlySet<string> = new Set(["job", "instance"]);

/** The label names by sample name of a service that has stored a message. */
async function scrape(t: TestContext): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const app = await startTestApp(t);
  assert.equal((await app.deliver(delivery())).status, 200);
  const { samples } = parseExposition((await app.request("/metrics")).body);
  return new Map(
    samples.keys().map((series) => {
      const labels = Array.from(series.matchAll(/(\w+)="/g), ([, label = ""]) => label);
      return [series.split("{", 1)[0] ?? "", new Set(labels)];
    }),
  );
}

function assertExported(expressions: readonly string[], exported: ReadonlyMap<string, ReadonlySet<string>>): void {
  assert.ok(expressions.length > 0);
  for (const expression of expressions) {
    const { metrics, labels } = referencesOf(expression);
    assert.ok(metrics.length > 0, `it uses a metric: ${expression}`);
    assert.deepEqual(metrics.filter((name) => !exported.has(name)), [], `every metric is exported: ${expression}`);
    const known = new Set([...TARGET_LABELS, ...metrics.flatMap((name) => [...(exported.get(name) ?? [])])]);
    assert.deepEqual(labels.filter((label) => !known.has(label)), [], `every label is exported: ${expression}`);
  }
}

test("every query of the dashboard uses only metrics and labels that /metrics exports", async (t) => {
  const dashboard = readDashboard();
  const annotations = listAt(dashboard, "annotations", "list").map((annotation) => String(at(annotation, "expr")));
  assertExported([...panelsOf(dashboard).flatMap((panel) => panel.expressions), ...annotations], await scrape(t));
});

test("every rule uses only metrics and labels that /metrics exports, or that a rule records", async (t) => {
  const rules = readRules();
  const recorded = rules.filter((rule) => rule.kind === "record").map((rule) => [rule.name, new Set<string>()] as const);
  const expressions = rules.map((rule) => rule.expression).filter((expression) => expression !== "vector(3600)");
  assertExported(expressions, new Map([...(await scrape(t)), ...BY_PROMETHEUS, ...recorded]));
});
