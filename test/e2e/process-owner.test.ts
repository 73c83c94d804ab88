import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, send, SECRET, sign, startTestApp } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { spawnService, startService } from "../support/process.ts";
import { ONLY_IN_FULL_RUN, repetitions } from "../support/sweep.ts";

async function deliver({ url }: { readonly url: string }, id: string): Promise<number> {
  const body = JSON.stringify(delivery({ message_id: id }));
  return (await send(url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } })).status;
}

test("a second start on the same database fails with status 1 and names the file and its owner, and the first service continues", { skip: ONLY_SQLITE }, async (t) => {
  const service = await startService(t);
  const database = join(service.folder, "data", "app.db");
  assert.equal(await deliver(service, "m1"), 200);

  for (const PORT of [new URL(service.url).port, "0"].slice(0, repetitions(t, { full: 2, short: 1 }))) {
    const second = spawnService(t, { WEBHOOK_SECRET: SECRET, PORT, RETENTION_DAYS: "1" }, { folder: service.folder });
    assert.deepEqual(await second.exited, { code: 1, signal: null });
    assert.equal(second.stdout(), "");
    assert.match(second.stderr(), new RegExp(`${RegExp.escape(database)} .*\\b${service.pid}\\b.*\\d{4}-\\d\\d-\\d\\dT`));
  }

  assert.equal(await deliver(service, "m2"), 200);
  service.signal("SIGKILL");
  await service.exited;
  const next = await startTestApp(t, { env: { DATABASE_URL: `sqlite:///${database}` } });
  assert.equal(await deliver(next, "m3"), 200);
  assert.deepEqual(storedIds(database), ["m1", "m2", "m3"]);
});

test("a service whose port is in use creates no database", ONLY_IN_FULL_RUN, async (t) => {
  const service = await startService(t);
  const other = spawnService(t, { WEBHOOK_SECRET: SECRET, PORT: new URL(service.url).port });
  assert.equal((await other.exited).code, 1);
  assert.equal(existsSync(join(other.folder, "data", "app.db")), false);
});
