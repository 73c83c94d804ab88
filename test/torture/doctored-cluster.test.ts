import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { startCampaign } from "../../scripts/torture-cluster/campaign.ts";
import { timeAnswers } from "../../scripts/torture-cluster/waits.ts";
import { createLedger } from "../../scripts/torture/ledger.ts";
import { TORTURE_SECRET } from "../../scripts/torture/messages.ts";
import { connectFor } from "../postgres/server.ts";
import { startTestApp } from "../support/app.ts";
import { atEnd } from "../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres } from "../support/shared-postgres.ts";
import { shortened, startTamperingProxy, type ChangeBody } from "./tampering-proxy.ts";

const SECOND = "(SELECT seq FROM messages ORDER BY seq OFFSET 1 LIMIT 1)";
const COPY = "message_id, from_msisdn, to_msisdn, ts, text, folded, payload, created_at";

/** Damage to the database of a run, the problem that must be found, and the repair. */
const DAMAGES: readonly (readonly [string, readonly string[], RegExp, readonly string[]])[] = [
  ["another text", [`UPDATE messages SET text = 'nobody sent this' WHERE seq = ${SECOND}`], /changed: /, ["UPDATE messages SET text = kept.text FROM kept WHERE messages.seq = kept.seq"]],
  ["another seq", [`UPDATE messages SET seq = seq + 1000000 WHERE seq = ${SECOND}`], /a tail has .* the database has nothing/, ["UPDATE messages SET seq = kept.seq FROM kept WHERE messages.message_id = kept.message_id"]],
  [
    "two rows",
    ["ALTER TABLE messages DROP CONSTRAINT messages_message_id_key", `INSERT INTO messages (seq, ${COPY}) SELECT seq + 1000000, ${COPY} FROM messages WHERE seq = ${SECOND}`],
    /doubled: /,
    ["DELETE FROM messages WHERE seq NOT IN (SELECT seq FROM kept)"],
  ],
  ["no row", [`DELETE FROM messages WHERE seq = ${SECOND}`], /lost: /, ["INSERT INTO messages SELECT * FROM kept ON CONFLICT DO NOTHING"]],
];

const DOCTORED: readonly (readonly [string, ChangeBody, RegExp])[] = [
  ["one receiver counts fewer rows", (target, body) => (target === "/messages?limit=1" ? shortened(body) : body), /127\.0\.0\.1:\d+: counters: /],
  ["one receiver returns another recipient", (target, body) => (/^\/messages\/./.test(target) ? body.replace('"to":"+1', '"to":"+2') : body), /read: /],
];

test("the checks of a cluster find a row that is lost, doubled, changed or moved, and a receiver with wrong responses", { skip: SKIP_WITHOUT_POSTGRES }, async (t) => {
  const server = await usePostgres();
  atEnd(t, () => server.stop());
  const databaseUrl = await server.createDatabase();
  const app = await startTestApp(t, { env: { DATABASE_URL: databaseUrl, WEBHOOK_SECRET: TORTURE_SECRET } });
  const tampering: { change: ChangeBody } = { change: (_, body) => body };
  const receivers = [{ url: app.url }, { url: await startTamperingProxy(t, app.url, tampering) }];
  const campaign = startCampaign({
    databaseUrl, entries: [app.url], receivers, connections: 8, pauseMs: 0, random: seededRandom(16), repairMs: 0,
  });
  atEnd(t, () => campaign.stop());
  await campaign.begin("unchanged");
  await campaign.stored("unchanged", 100);
  await campaign.rest("unchanged");
  assert.deepEqual(campaign.problems, []);

  const admin = await connectFor(t, databaseUrl);
  const run = async (...statements: readonly string[]): Promise<unknown> => admin.run(statements.map((sql) => ({ sql })), { deadlineMs: 5_000 });
  const found = async (title: string): Promise<string> => {
    const known = campaign.problems.length;
    await campaign.rest(title);
    return campaign.problems.slice(known).map(({ where, what }) => `${where}: ${what}`).join("\n");
  };
  await run("CREATE TABLE kept AS SELECT * FROM messages");
  for (const [title, damage, expected, repair] of DAMAGES) {
    await run(...damage);
    assert.match(await found(title), expected);
    await run(...repair);
  }
  for (const [title, change, expected] of DOCTORED) {
    tampering.change = change;
    assert.match(await found(title), expected);
  }
});

test("the longest time without a 200 is the time between two of them, or since the last one, whatever other responses come", () => {
  let nowMs = 0;
  const ledger = timeAnswers(createLedger(), () => nowMs);
  const respond = (atMs: number, outcome: "stored" | "refused"): void => {
    nowMs = atMs;
    ledger.ended(ledger.sent({ message_id: `m${atMs}`, from: "+1", to: "+2", ts: "2025-01-15T10:00:00Z", text: null }), outcome);
  };
  respond(900, "stored");
  nowMs = 1_000;
  ledger.begin();
  respond(1_100, "stored");
  respond(1_200, "refused");
  respond(1_400, "stored");
  assert.equal(ledger.longestWaitMs(), 300);
  nowMs = 2_000;
  assert.equal(ledger.longestWaitMs(), 600);
  assert.equal(ledger.count("stored"), 3);
});
