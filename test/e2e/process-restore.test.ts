import assert from "node:assert/strict";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runMain } from "../cli/main.ts";
import { delivery, send, sign } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { startService, type RunningService } from "../support/process.ts";

async function deliver(service: RunningService, ids: readonly string[]): Promise<void> {
  for (const message_id of ids) {
    const body = JSON.stringify(delivery({ message_id }));
    assert.equal((await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } })).status, 200);
  }
}

test("a backup restored over the files of a killed service, as backup tells to, has what was stored before it and nothing else", { skip: ONLY_SQLITE }, async (t) => {
  const service = await startService(t);
  const database = join(service.folder, "data", "app.db");
  const backup = join(service.folder, "backup.db");
  await deliver(service, ["m1", "m2"]);
  const { status, stdout } = await runMain(["backup", backup], { env: { DATABASE_URL: `sqlite:///${database}` } });
  assert.equal(status, 0);
  await deliver(service, ["m3"]);
  service.signal("SIGKILL");
  await service.exited;
  assert.ok(existsSync(`${database}-wal`), "the kill leaves a log that must not be applied to the backup");

  const told = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert.equal(told, `To restore: stop the service, remove ${database}-wal and ${database}-shm, copy ${backup} over ${database}, start the service`);
  for (const suffix of ["-wal", "-shm"]) rmSync(database + suffix);
  copyFileSync(backup, database);
  assert.equal((await runMain(["verify", database])).status, 0);
  const restored = await startService(t, {}, { folder: service.folder });
  assert.deepEqual(storedIds(database), ["m1", "m2"]);
  await deliver(restored, ["m2", "m3"]);
  assert.deepEqual(storedIds(database), ["m1", "m2", "m3"]);
});
