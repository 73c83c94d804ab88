import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import type { Message } from "../../src/core/message.ts";
import type { MessageStore } from "../../src/core/store.ts";
import { openPostgres } from "../../src/storage/postgres/open.ts";
import { connectFor, urlOf } from "../postgres/server.ts";
import { tailAll } from "../storage/contract/case.ts";
import { createRecordingObserver } from "../storage/contract/recording-observer.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../support/shared-postgres.ts";
import { message, openTestStore, temporaryFolder } from "../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";
import { runMain } from "./main.ts";

const skip = SKIP_WITHOUT_POSTGRES;
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

/** The positions of messages whose ids are too long for an index of PostgreSQL. One of them is erased. */
const LONG_IDS: ReadonlySet<number> = new Set([3, 7]);
const MESSAGES: readonly Message[] = Array.from({ length: 700 }, (_, index) => ({
  ...message(`${index % 2 === 0 ? "\u0000" : "\u{1F600}"}${index}${LONG_IDS.has(index) ? "é".repeat(2_000) : ""}`, { text: index % 3 === 0 ? null : `text \u0001 ${index}`, ts: `2025-01-15T10:00:00.${1 + index}Z` }),
  ...(index % 5 === 0 && { payload: `{"n":${index}}` }),
}));

/** A file with messages. Some are erased, including the last one. */
async function fill(t: TestContext): Promise<string> {
  const { store, path } = await openTestStore(t);
  await store.insertAll(MESSAGES);
  for (const index of [0, 7, 699]) assert.equal(await store.erase({ messageId: MESSAGES[index]?.messageId ?? "" }), 1);
  await store.close();
  return path;
}

function openServer(url: string): Promise<MessageStore> {
  const observer = createRecordingObserver();
  const nothing = (): void => {};
  return openPostgres(urlOf(url), { clock: { nowMs: Date.now }, observer, onFatal: nothing, remark: nothing, fault: nothing, mayLose: true });
}

/** Everything that a copy must keep, as the store returns it. */
async function contentOf(store: MessageStore): Promise<unknown> {
  const content = {
    rows: await tailAll(store, 0, { payload: true }),
    stats: await store.stats(),
    last: await store.lastSequence(),
    repeats: await store.insertAll([0, 7, 8, 699].flatMap((index) => MESSAGES[index] ?? [])),
  };
  await store.close();
  return content;
}

test("copy moves a store to PostgreSQL and back, with order, time of receipt, payloads and removed ids", { skip }, async (t) => {
  const path = await fill(t);
  const url = await server.createDatabase();
  const there = await runMain(["copy", "--from", `sqlite:///${path}`, "--to", url.replace("postgres@", "postgres:CANARY@")]);
  assert.deepEqual([there.status, there.stderr], [0, ""]);
  assert.match(there.stdout, /: 697 messages and 3 ids of removed messages/);
  assert.doesNotMatch(there.stdout, /CANARY/);
  const back = join(temporaryFolder(t), "back.db");
  assert.equal((await runMain(["copy", "--from", url, "--to", `sqlite:///${back}`])).status, 0);

  const expected = await contentOf((await openTestStore(t, { path })).store);
  assert.deepEqual(await contentOf(await openServer(url)), expected);
  assert.deepEqual(await contentOf((await openTestStore(t, { path: back })).store), expected);
});

test("an interrupted copy continues where it stopped, and a complete one is only compared", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const path = await fill(t);
  const url = await server.createDatabase();
  const args = ["copy", "--from", `sqlite:///${path}`, "--to", url];
  assert.equal((await runMain(args)).status, 0);
  const admin = await connectFor(t, url);
  for (const sql of ["DELETE FROM messages WHERE seq > 350", "DELETE FROM removed_messages WHERE message_id > 'a'", "DELETE FROM time_counts", "DELETE FROM sender_counts", "UPDATE inbox_state SET count_mark = 0, removed_seq = 0"]) {
    await admin.run([{ sql }], { deadlineMs: 5_000 });
  }
  for (const round of ["interrupted", "complete"]) assert.match((await runMain(args)).stdout, /: 697 messages and 3 ids/, round);
});

test("copy refuses a target with other content, and says what differs", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const path = await fill(t);
  const url = await server.createDatabase();
  const args = ["copy", "--from", `sqlite:///${path}`, "--to", url];
  assert.equal((await runMain(args)).status, 0);
  const admin = await connectFor(t, url);
  await admin.run([{ sql: "UPDATE messages SET text = 'other' WHERE seq = 300" }], { deadlineMs: 5_000 });
  const differs = await runMain(args);
  assert.deepEqual([differs.status, differs.stdout], [1, ""]);
  assert.match(differs.stderr, /^The copy differs: [^\n]*300\n$/);
  await admin.run([{ sql: "UPDATE messages SET text = 'other' WHERE seq = 699" }], { deadlineMs: 5_000 });
  assert.match((await runMain(args)).stderr, /^Cannot copy: [^\n]*\n$/);
});

test("copy refuses a file that a service has open, and one that is missing", { skip }, async (t) => {
  const url = await server.createDatabase();
  const { path } = await openTestStore(t);
  const open = await runMain(["copy", "--from", url, "--to", `sqlite:///${path}`]);
  assert.equal(open.status, 1);
  const missing = await runMain(["copy", "--from", "sqlite:////nowhere/app.db", "--to", url]);
  assert.equal(missing.status, 1);
});

test("copy refuses an invalid URL with exit status 78, without showing its value", async () => {
  for (const [from, to] of [["postgres://u:CANARY@h?x=CANARY", "sqlite:///x.db"], ["sqlite:///x.db", "CANARY"], ["sqlite:///:memory:", "sqlite:///x.db"], ["", "sqlite:///x.db"], [" ", "sqlite:///x.db"]]) {
    const { status, stderr } = await runMain(["copy", "--from", from ?? "", "--to", to ?? ""]);
    assert.equal(status, 78);
    assert.match(stderr, /^--(from|to): [^\n]+\n$/);
    assert.doesNotMatch(stderr, /CANARY/);
  }
});
