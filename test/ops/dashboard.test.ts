import assert from "node:assert/strict";
import { test } from "node:test";
import { at, listAt } from "../support/json.ts";
import { panelsOf, readDashboard, readRepositoryFile } from "./files.ts";

const DASHBOARD = readDashboard();
const PANELS = panelsOf(DASHBOARD);

test('the dashboard is named "Backend Dashboard" and has a schema that Grafana 12 supports', () => {
  assert.equal(at(DASHBOARD, "title"), "Backend Dashboard");
  assert.ok(Number(at(DASHBOARD, "schemaVersion")) <= 42);
});

for (const title of [
  "Request rate", "Latency of deliveries", "Webhook outcomes", "Error rate", "Signature failures by reason", "Ingest lag",
  "Queue depth", "Batch size", "Commit time", "Stored messages", "Database and WAL size", "Process memory", "CPU", "Event-loop lag",
]) {
  test(`the dashboard has the panel ${title}`, () => {
    assert.equal(PANELS.filter((panel) => panel.title === title).length, 1);
  });
}

test("latency is shown as p50, p95 and p99, and the request rate per minute", () => {
  const expressionsOf = (title: string): readonly string[] => PANELS.find((panel) => panel.title === title)?.expressions ?? [];
  const quantiles = expressionsOf("Latency of deliveries").map((expression) => /^histogram_quantile\(([0-9.]+),/.exec(expression)?.[1]);
  assert.deepEqual(quantiles, ["0.5", "0.95", "0.99"]);
  assert.match(expressionsOf("Request rate")[0] ?? "", / \* 60$/);
});

test("panels have unique ids, fit into 24 columns and do not overlap", () => {
  assert.equal(new Set(PANELS.map((panel) => panel.id)).size, PANELS.length);
  const taken = new Set<string>();
  for (const { title, place } of PANELS) {
    assert.ok(place.x >= 0 && place.x + place.width <= 24, title);
    for (let x = place.x; x < place.x + place.width; x++) {
      for (let y = place.y; y < place.y + place.height; y++) {
        assert.ok(!taken.has(`${x},${y}`), `${title} overlaps no other panel`);
        taken.add(`${x},${y}`);
      }
    }
  }
});

test("every panel uses the provisioned data source", () => {
  const [, uid] = /^ +uid: (\S+)$/m.exec(readRepositoryFile("ops/grafana/provisioning/datasources/prometheus.yaml")) ?? [];
  const [variable] = listAt(DASHBOARD, "templating", "list");
  assert.equal(at(variable, "type"), "datasource");
  assert.equal(at(variable, "current", "value"), uid);
  for (const panel of listAt(DASHBOARD, "panels")) {
    for (const owner of [panel, ...listAt(panel, "targets")]) assert.equal(at(owner, "datasource", "uid"), `\${${String(at(variable, "name"))}}`);
  }
});

test("the provisioned folder is the one that Compose mounts", () => {
  const [, folder] = /^ +path: (\S+)$/m.exec(readRepositoryFile("ops/grafana/provisioning/dashboards/backend.yaml")) ?? [];
  assert.ok(readRepositoryFile("docker-compose.yml").includes(`- ./ops/grafana/dashboards:${String(folder)}:ro`));
});
