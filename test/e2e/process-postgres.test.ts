import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { delivery, send, sign } from "../support/app.ts";
import { connectFor } from "../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../support/shared-postgres.ts";
import { spawnService, startService } from "../support/process.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";

const skip = SKIP_WITHOUT_POSTGRES;
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

/** Adds a password, which the server does not ask for. */
function withPassword(url: string): string {
  return url.replace("postgres@", "postgres:CANARY@");
}

test("the start line and the metrics name the engine and its version, and never the password", { skip }, async (t) => {
  const service = await startService(t, { DATABASE_URL: withPassword(await server.createDatabase()) });
  const body = JSON.stringify(delivery());
  assert.equal((await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } })).status, 200);
  assert.equal((await send(service.url, "/health/ready")).status, 200);
  const metrics = (await send(service.url, "/metrics")).body;
  assert.match(metrics, /^webhook_inbox_build_info\{[^}]*,postgres="[1-9][0-9]*[^"]*"\} 1$/m);
  assert.match(metrics, /^webhook_database_bytes [1-9][0-9]+$/m);
  assert.doesNotMatch(metrics, /^webhook_(wal|disk_free)_bytes /m);
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  const log = service.stdout();
  assert.match(log, /durable on one machine/);
  assert.match(log, /"msg":"started"[^\n]*"postgres":"[^\n]*"database":"postgres@[^"]+","new_database":true/);
  assert.doesNotMatch(log + service.stderr(), /CANARY/);
});

test("a server that may lose acknowledged messages is refused with exit status 78", { skip }, async (t) => {
  const url = await server.createDatabase();
  const admin = await connectFor(t, url);
  await admin.run([{ sql: "CREATE USER careless SUPERUSER" }, { sql: "ALTER USER careless SET synchronous_commit = off" }], { deadlineMs: 5_000 });
  const service = spawnService(t, { WEBHOOK_SECRET: "x", DATABASE_URL: withPassword(url).replace("postgres:CANARY", "careless:CANARY") });
  assert.deepEqual(await service.exited, { code: 78, signal: null });
  assert.match(service.stderr(), /^[^\n]*synchronous_commit[^\n]*\n$/);
  assert.doesNotMatch(service.stderr(), /CANARY/);
});

test("an unreachable server is reported in one line without the password, and the exit status is 1", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const service = spawnService(t, { WEBHOOK_SECRET: "x", DATABASE_URL: "postgres://user:CANARY@127.0.0.1:1/app" });
  assert.deepEqual(await service.exited, { code: 1, signal: null });
  assert.match(service.stderr(), /^[^\n]*user@127\.0\.0\.1:1\/app[^\n]*\n$/);
  assert.doesNotMatch(service.stderr(), /CANARY/);
});
