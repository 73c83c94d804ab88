import assert from "node:assert/strict";
import { test } from "node:test";
import { LIVE, READY } from "../../src/api/health.ts";
import { GET_METRICS } from "../../src/api/metrics.ts";
import { SETTINGS } from "../../src/settings.ts";
import { at, listAt } from "../support/json.ts";
import { readRepositoryFile } from "./files.ts";
import { readYaml, type Yaml } from "./yaml.ts";

const DOCKERFILE = readRepositoryFile("Dockerfile");
const IMAGE_PORT = Number(/^EXPOSE (\d+)$/m.exec(DOCKERFILE)?.[1]);
const ROWS = Object.values(SETTINGS);
const FILES = {
  "sqlite.yaml": ["StatefulSet", "Service", "NetworkPolicy", "ServiceMonitor"],
  "postgres.yaml": ["Deployment", "PodDisruptionBudget", "Service", "NetworkPolicy", "ServiceMonitor"],
} as const;

function read(file: keyof typeof FILES): readonly Yaml[] {
  return readYaml(readRepositoryFile(`ops/kubernetes/${file}`));
}

function one(documents: readonly Yaml[], kind: string): unknown {
  const found = documents.filter((document) => at(document, "kind") === kind);
  assert.equal(found.length, 1, `there is one ${kind}`);
  return found[0];
}

function seconds(probe: unknown): number {
  return Number(at(probe, "timeoutSeconds"));
}

for (const [file, kinds] of [["sqlite.yaml", FILES["sqlite.yaml"]], ["postgres.yaml", FILES["postgres.yaml"]]] as const) {
  const documents = read(file);
  const workload = one(documents, kinds[0]);
  const pod = at(workload, "spec", "template", "spec");
  const container = at(pod, "containers", 0);
  const labels = at(workload, "spec", "template", "metadata", "labels");

  test(`${file} has ${kinds.join(", ")}, all with the same name`, () => {
    assert.deepEqual(documents.map((document) => at(document, "kind")), kinds);
    assert.deepEqual(documents.filter((document) => at(document, "metadata", "name") !== "webhook-inbox"), []);
  });

  test(`${file}: every selector chooses the pods of the workload`, () => {
    for (const [kind, ...path] of [
      [kinds[0], "selector", "matchLabels"], ["Service", "selector"], ["NetworkPolicy", "podSelector", "matchLabels"], ["ServiceMonitor", "selector", "matchLabels"],
    ] as const) {
      assert.deepEqual(at(one(documents, kind), "spec", ...path), labels, kind);
    }
  });

  test(`${file} sets only valid settings, to texts that are valid values`, () => {
    const env = listAt(container, "env").map((entry) => ({ row: ROWS.find(({ name }) => name === at(entry, "name")), value: at(entry, "value"), entry }));
    assert.deepEqual(env.filter(({ row, value, entry }) => row === undefined || (value === undefined
      ? !row.secret && row.name !== SETTINGS.database.name || at(entry, "valueFrom", "secretKeyRef", "name") !== "webhook-inbox"
      : row.secret === true || typeof value !== "string" || !row.parse(value).ok)), []);
    assert.equal(env.find(({ row }) => row === SETTINGS.port)?.value, String(IMAGE_PORT));
  });

  test(`${file} mounts the secret as a folder, so that changes reach the file`, () => {
    const path = listAt(container, "env").find((entry) => at(entry, "name") === SETTINGS.secretFile.name);
    const mount = listAt(container, "volumeMounts").find((entry) => at(entry, "name") === "secrets");
    const volume = listAt(pod, "volumes").find((entry) => at(entry, "name") === "secrets");
    assert.equal(at(path, "value"), `${at(mount, "mountPath")}/${at(volume, "secret", "items", 0, "path")}`);
    assert.equal(at(mount, "subPath"), undefined);
    assert.equal(at(volume, "secret", "defaultMode"), 0o440);
  });

  test(`${file} has the ports of the image and the paths of the API`, () => {
    assert.deepEqual(at(container, "ports"), [{ name: "http", containerPort: IMAGE_PORT }]);
    assert.deepEqual(at(one(documents, "NetworkPolicy"), "spec", "ingress", 0, "ports"), [{ port: IMAGE_PORT }]);
    assert.equal(at(one(documents, "Service"), "spec", "ports", 0, "targetPort"), "http");
    for (const [probe, path] of [["startupProbe", LIVE.path], ["livenessProbe", LIVE.path], ["readinessProbe", READY.path]] as const) {
      assert.deepEqual(at(container, probe, "httpGet"), { path, port: "http" });
    }
    const [endpoint] = listAt(one(documents, "ServiceMonitor"), "spec", "endpoints");
    assert.equal(at(endpoint, "path"), GET_METRICS.path);
    assert.equal(at(endpoint, "port"), at(one(documents, "Service"), "spec", "ports", 0, "name"));
  });

  test(`${file}: the readiness probe waits longer than the service waits for its database, so that the reason is reported`, () => {
    const [, deadline = ""] = /^const CHECK_DEADLINE_MS = ([\d_]+);$/m.exec(readRepositoryFile("src/storage/shared/check-once.ts")) ?? [];
    assert.ok(seconds(at(container, "readinessProbe")) * 1000 > Number(deadline.replace("_", "")));
  });

  test(`${file}: the grace period covers the sleep before a stop and the stop`, () => {
    const sleep = Number(at(container, "lifecycle", "preStop", "sleep", "seconds"));
    assert.ok(Number(at(pod, "terminationGracePeriodSeconds")) > sleep + Number(SETTINGS.shutdownTimeoutMs.default) / 1000);
  });

  test(`${file} runs as the user of the image, with the least privileges`, () => {
    const [, user] = /^USER (\d+):\d+$/m.exec(DOCKERFILE) ?? [];
    const context = at(pod, "securityContext");
    assert.deepEqual([at(context, "runAsNonRoot"), at(context, "runAsUser"), at(context, "fsGroup")], [true, Number(user), Number(user)]);
    assert.deepEqual(at(container, "securityContext"), { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
    assert.equal(at(pod, "automountServiceAccountToken"), false);
    // The variables of a Service named webhook-inbox would begin like WEBHOOK_INBOX_VERSION.
    assert.equal(at(pod, "enableServiceLinks"), false);
  });
}

test("sqlite.yaml never runs two pods on one database, which is on the claimed volume", () => {
  const workload = one(read("sqlite.yaml"), "StatefulSet");
  const container = at(workload, "spec", "template", "spec", "containers", 0);
  const claim = at(workload, "spec", "volumeClaimTemplates", 0);
  assert.equal(at(workload, "spec", "replicas"), 1);
  assert.deepEqual(at(claim, "spec", "accessModes"), ["ReadWriteOncePod"]);
  const mount = listAt(container, "volumeMounts").find((entry) => at(entry, "name") === at(claim, "metadata", "name"));
  const url = listAt(container, "env").find((entry) => at(entry, "name") === SETTINGS.database.name);
  assert.ok(String(at(url, "value")).startsWith(`sqlite:///${at(mount, "mountPath")}/`));
});

test("postgres.yaml replaces its three pods one at a time, each after a new one is ready", () => {
  const documents = read("postgres.yaml");
  const spec = at(one(documents, "Deployment"), "spec");
  assert.equal(at(spec, "replicas"), 3);
  assert.deepEqual(at(spec, "strategy"), { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  assert.equal(at(one(documents, "PodDisruptionBudget"), "spec", "maxUnavailable"), 1);
  assert.deepEqual(at(one(documents, "PodDisruptionBudget"), "spec", "selector"), at(spec, "selector"));
});
