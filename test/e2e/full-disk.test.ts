import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, send, sign, startTestApp } from "../support/app.ts";
import { otherConnection, storedIds } from "../support/database.ts";
import { mountDisk, SKIP_WITHOUT_DISK } from "../support/disk.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at } from "../support/json.ts";
import { startService } from "../support/process.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";

test("on a full disk deliveries get 503 with Retry-After, readiness fails and reads continue; with room again everything works", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, { maxPageCount: 400 });
  const other = otherConnection(t, app.databasePath);
  other.exec("CREATE TABLE filler (payload BLOB); INSERT INTO filler VALUES (zeroblob(4096 * 200))");
  const text = "x".repeat(4000);
  const stored: string[] = [];
  const refused: string[] = [];
  while (refused.length === 0) {
    assert.ok(stored.length < 400, "the limit is reached");
    const names = Array.from({ length: 20 }, (_, index) => `m${stored.length + index}`);
    const responses = await Promise.all(names.map((message_id) => app.deliver(delivery({ message_id, text }))));
    for (const [index, { status, headers }] of responses.entries()) {
      (status === 200 ? stored : refused).push(names[index] ?? "");
      if (status === 200) continue;
      assert.equal(status, 503);
      assert.match(headers["retry-after"] ?? "", /^[0-9]+$/);
    }
  }
  assert.ok(stored.length > 0);

  const full = await app.request("/health/ready");
  assert.deepEqual([full.status, at(full.json, "status")], [503, "unavailable"]);
  const expected = stored.toSorted();
  assert.deepEqual(storedIds(app.databasePath).toSorted(), expected);
  for (const path of ["/messages", "/messages?q=xxx"]) assert.equal(at((await app.request(path)).json, "total"), expected.length);
  assert.equal(at((await app.request("/stats")).json, "total_messages"), expected.length);
  assert.equal((await app.request(`/messages/${refused[0]}`)).status, 404);
  assert.deepEqual(app.fatal, []);

  other.exec("DROP TABLE filler");
  assert.equal((await app.request("/health/ready")).status, 200);
  for (const message_id of refused) assert.equal((await app.deliver(delivery({ message_id, text }))).status, 200);
  assert.deepEqual(storedIds(app.databasePath).toSorted(), [...stored, ...refused].toSorted());
  assert.equal(at((await app.request("/messages?q=xxx")).json, "total"), stored.length + refused.length);
  assert.deepEqual(other.prepare("PRAGMA integrity_check").all().map((row) => row["integrity_check"]), ["ok"]);
});

test("SIGTERM on a full disk exits with status 0", { skip: ONLY_SQLITE || SKIP_WITHOUT_DISK || SKIP_IN_SHORT_RUN }, async (t) => {
  const disk = mountDisk(t);
  const service = await startService(t, {}, { folder: disk.folder });
  disk.leave(0);
  let status = 200;
  // The write-ahead log still has some room.
  for (let number = 0; status !== 503; number += 1) {
    assert.ok(status === 200 && number < 100, `${status} for message ${number}`);
    const body = JSON.stringify(delivery({ message_id: `m${number}`, text: "x".repeat(4000) }));
    ({ status } = await send(service.url, "/webhook", { method: "POST", body, headers: { "Content-Type": "application/json", "X-Signature": sign(body) } }));
  }
  service.signal("SIGTERM");
  assert.deepEqual([await service.exited, service.stderr()], [{ code: 0, signal: null }, ""]);
});
