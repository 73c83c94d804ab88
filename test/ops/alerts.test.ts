import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { MAX_WAITING_MESSAGES } from "../../src/storage/shared/group-commit.ts";
import { REPOSITORY } from "../scripts/command.ts";
import { readRepositoryFile, readRules } from "./files.ts";

const ALERTS = readRules().filter((rule) => rule.kind === "alert");
const HEADINGS: ReadonlySet<string> = new Set(
  Array.from(readRepositoryFile("ops/README.md").matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => heading.toLowerCase()),
);
const TESTS = globSync("ops/prometheus/tests/*.yml", { cwd: REPOSITORY }).map(readRepositoryFile).join("\n");

test("each condition that needs an operator has an alert", () => {
  assert.deepEqual(ALERTS.map((alert) => alert.name).sort(), [
    "WebhookInboxCommitFailures",
    "WebhookInboxDiskFilling",
    "WebhookInboxDiskNearlyFull",
    "WebhookInboxDown",
    "WebhookInboxErrorBudgetBurnFast",
    "WebhookInboxErrorBudgetBurnSlow",
    "WebhookInboxEventLoopLag",
    "WebhookInboxIndexFault",
    "WebhookInboxInvalidSignatures",
    "WebhookInboxNoMessages",
    "WebhookInboxNotReady",
    "WebhookInboxQueueNearlyFull",
    "WebhookInboxReceiverDown",
    "WebhookInboxWalGrowing",
  ]);
});

for (const { name, source } of ALERTS) {
  test(`${name} has a severity, a summary, and a runbook_url that is a heading of ops/README.md`, () => {
    assert.match(source, /^ +severity: (?:page|ticket)$/m);
    assert.match(source, /^ +summary: ./m);
    const [, anchor] = /^ +runbook_url: ops\/README\.md#(\S+)$/m.exec(source) ?? [];
    assert.equal(anchor, name.toLowerCase());
    assert.ok(HEADINGS.has(name.toLowerCase()));
  });

  test(`${name} fires in a promtool test`, () => {
    assert.match(TESTS, new RegExp(`alertname: ${name}\n +exp_alerts:\n`));
  });
}

test("the queue alert uses the real limit of the queue", () => {
  const alert = ALERTS.find(({ name }) => name === "WebhookInboxQueueNearlyFull");
  assert.match(alert?.expression ?? "", new RegExp(`> 0\\.8 \\* ${MAX_WAITING_MESSAGES}$`));
});
