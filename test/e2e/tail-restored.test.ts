import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { tail } from "../../src/cli/tail.ts";
import { copyDatabase } from "../../src/storage/sqlite/maintain/copy.ts";
import { testTerminal } from "../cli/terminal.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { deliverAll } from "../support/deliver-all.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { startGateway } from "../support/gateway.ts";
import { at } from "../support/json.ts";
import { temporaryFolder } from "../support/store.ts";
import { openStream } from "../support/stream.ts";
import { SKIP_IN_SHORT_RUN, sweep } from "../support/sweep.ts";
import { until } from "../support/until.ts";

interface BackedUp {
  readonly app: TestApp;
  readonly backup: string;
}

function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

function deliverIds(t: TestContext, app: TestApp, ids: readonly string[]): Promise<void> {
  return deliverAll(t, app, ids.map((message_id) => ({ message_id })));
}

/** A service that was backed up at 50 messages and has 70 now. */
async function startBackedUp(t: TestContext): Promise<BackedUp> {
  const app = await startTestApp(t);
  await deliverIds(t, app, numbered("common", 50));
  const backup = join(temporaryFolder(t), "backup.db");
  await copyDatabase(app.databasePath, backup, () => undefined);
  await deliverIds(t, app, numbered("lost", 20));
  return { app, backup };
}

/** Restores the backup as `backup` says, and starts the service again. */
async function restore(t: TestContext, { app, backup }: BackedUp): Promise<TestApp> {
  await app.app.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(app.databasePath + suffix, { force: true });
  copyFileSync(backup, app.databasePath);
  return startTestApp(t, { env: { DATABASE_URL: `sqlite:///${app.databasePath}` } });
}

test("a position from before a restore gets 409, with the last position that both generations share", { skip: ONLY_SQLITE }, async (t) => {
  const before = await startBackedUp(t);
  const { "tail-generation": generation } = (await before.app.request("/tail", { method: "HEAD" })).headers;
  const app = await restore(t, before);
  await deliverIds(t, app, numbered("new", 25));
  for (const [after, from] of sweep(t, [[70, 50], [50, 50], [30, 30], [75, 50]] as const, { every: 4 })) {
    const targets = [[`/tail?after=${after}&generation=${generation}`, {}], ["/tail", { "Last-Event-ID": `${generation}.${after}` }]] as const;
    for (const [target, headers] of targets) {
      const { status, headers: got } = await app.request(target, { headers });
      assert.deepEqual([status, got["tail-after"]], [409, String(from)], target);
      assert.notEqual(got["tail-generation"], generation);
      const tail = await openStream(t, `${app.url}/tail?after=${from}&generation=${String(got["tail-generation"])}`);
      const ids = (await tail.chunks(75 - from)).map((line) => at(JSON.parse(line), "message_id"));
      assert.deepEqual(ids, [...numbered("common", 50), ...numbered("new", 25)].slice(from));
      tail.disconnect();
    }
  }
});

test("a tail command that has seen 70 messages misses none of the 25 that are delivered after a restore to 50", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const before = await startBackedUp(t);
  let { app } = before;
  const gateway = await startGateway(t, { upstream: () => app.url });
  let isOver = false;
  t.after(() => {
    isOver = true;
  });
  const terminal = testTerminal({ wait: () => (isOver ? Promise.reject(new Error("over")) : setImmediate()) });
  const ending = tail(terminal, { name: "tail", url: new URL(gateway.url), after: 0 });
  const seen = (): readonly unknown[] => terminal.printed().split("\n").slice(0, -1).map((line) => at(JSON.parse(line), "message_id"));
  await until("the tail has seen 70", () => seen().length === 70);

  gateway.before = () => 503;
  app = await restore(t, before);
  // They are delivered before the tail is back: some get a seq that it has already seen, others a higher one.
  await deliverIds(t, app, numbered("new", 25));
  gateway.before = () => undefined;
  await until("the tail has seen the others", () => seen().length >= 95);
  assert.deepEqual(seen(), [...numbered("common", 50), ...numbered("lost", 20), ...numbered("new", 25)]);
  assert.deepEqual(terminal.complaints, ["The store has gone back to an earlier state: continuing after seq 50"]);
  isOver = true;
  gateway.breakStreams();
  await assert.rejects(ending, { message: "over" });
});
