import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, send, sign } from "../support/app.ts";
import { openConnection, rawPost, type Connection } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";
import { startService, type RunningService } from "../support/process.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

/** A connection on which the server has read all of a request except its last byte. */
async function holdRequest(t: Parameters<typeof openConnection>[0], service: RunningService, request: string): Promise<Connection> {
  const connection = await openConnection(t, service.url);
  connection.write(LIVE + request.slice(0, -1));
  await connection.responses(1);
  return connection;
}

function databaseOf(service: RunningService): string {
  return join(service.folder, "data", "app.db");
}

for (const [index, signal] of (["SIGTERM", "SIGINT"] as const).entries()) {
  test(`on ${signal} requests in flight get responses with Connection: close, their rows are stored, the WAL is empty, and the exit status is 0`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const service = await startService(t);
    const requests = Array.from({ length: 10 }, (_, index) => rawPost(JSON.stringify(delivery({ message_id: `m${index}` }))));
    const waiting = await Promise.all(requests.map((request) => holdRequest(t, service, request)));
    const idle = await openConnection(t, service.url);
    idle.write(LIVE);
    await idle.responses(1);

    service.signal(signal);
    await service.logged("stopping");
    await assert.rejects(send(service.url, "/health/live"), { code: "ECONNREFUSED" });
    for (const [index, connection] of waiting.entries()) connection.write(requests[index]?.slice(-1) ?? "");
    for (const connection of waiting) {
      const response = (await connection.untilClosed()).at(-1);
      assert.deepEqual([response?.status, response?.headers.get("connection")], [200, "close"]);
    }
    await idle.untilClosed();
    assert.deepEqual(await service.exited, { code: 0, signal: null });

    assert.deepEqual(storedIds(databaseOf(service)).toSorted(), requests.map((_, index) => `m${index}`));
    const wal = `${databaseOf(service)}-wal`;
    assert.ok(!existsSync(wal) || statSync(wal).size === 0);
    assert.equal(service.stderr(), "");
    const lines = service.stdout().split("\n").slice(0, -1).map((line): Record<string, unknown> => JSON.parse(line));
    assert.equal(lines.filter((line) => line["result"] === "created").length, 10);
    assert.equal(lines.at(-1)?.["msg"], "stopped");
  });
}

test("a second signal ends the process at once, whatever it waits for", async (t) => {
  const service = await startService(t);
  await holdRequest(t, service, rawPost(JSON.stringify(delivery())));
  service.signal("SIGTERM");
  await service.logged("stopping");
  // A signal right after the first counts as the same stop, because make and a supervisor may both pass it on.
  let hasEnded = false;
  void service.exited.then(() => {
    hasEnded = true;
  });
  await until("the service has ended", () => {
    service.signal("SIGTERM");
    return hasEnded;
  });
  assert.deepEqual(await service.exited, { code: 143, signal: null });
  assert.ok(!service.stdout().includes('"stopped"'));
});

test("a request that never ends delays the stop by SHUTDOWN_TIMEOUT_MS at most", ONLY_IN_FULL_RUN, async (t) => {
  const service = await startService(t, { SHUTDOWN_TIMEOUT_MS: "3000" });
  const connection = await holdRequest(t, service, rawPost(JSON.stringify(delivery())));
  connection.socket.on("error", () => undefined);
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  await service.logged("stopping");
  assert.equal((await service.logged("stopped"))["cut_off"], 1);
  assert.deepEqual(storedIds(databaseOf(service)), []);
});

test("a stop without open connections ends at once, with every log line written", ONLY_IN_FULL_RUN, async (t) => {
  const service = await startService(t);
  const body = JSON.stringify(delivery());
  await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } });
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  const lines = service.stdout().split("\n").slice(0, -1).map((line): Record<string, unknown> => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line["msg"] ?? line["result"]), ["started", "created", "stopping", "stopped"]);
});
