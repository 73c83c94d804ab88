import assert from "node:assert/strict";
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { SETTINGS } from "../../src/settings.ts";
import { delivery, send, sign, startTestApp } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { spawnService, startService } from "../support/process.ts";
import { temporaryFolder } from "../support/store.ts";
import { SKIP_IN_SHORT_RUN, oneOfMany } from "../support/sweep.ts";
import { until } from "../support/until.ts";

test("all configuration errors are reported at once, one line each and without any secret, and the exit status is 78", async (t) => {
  const names = Object.values(SETTINGS).map(({ name }) => name);
  const service = spawnService(t, Object.fromEntries(names.map((name) => [name, "whsec_CANARY \n"])));
  assert.deepEqual(await service.exited, { code: 78, signal: null });
  const lines = service.stderr().split("\n");
  assert.equal(lines.pop(), "");
  assert.deepEqual([...new Set(lines.map((line) => line.slice(0, line.indexOf(":"))))].toSorted(), names.toSorted());
  assert.ok(!(service.stderr() + service.stdout()).includes("CANARY"));
  assert.equal(service.stdout(), "");
});

for (const [index, [title, env]] of ([
  ["no secret", {}], ["an empty secret", { WEBHOOK_SECRET: "" }], ["a malformed whsec_ secret", { WEBHOOK_SECRET: "whsec_CANARY=" }],
] as const).entries()) {
  test(`${title} is reported in one line, and the exit status is 78`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const service = spawnService(t, env);
    assert.deepEqual(await service.exited, { code: 78, signal: null });
    assert.match(service.stderr(), /^WEBHOOK_SECRET: [^\n]+\n$/);
    assert.doesNotMatch(service.stderr(), /CANARY/);
  });
}

test("with PORT=0 the start line names the real address, and the default database is created in its own folder", { skip: ONLY_SQLITE }, async (t) => {
  const service = await startService(t);
  assert.match(service.url, /^http:\/\/127\.0\.0\.1:[1-9][0-9]*$/);
  const body = JSON.stringify(delivery());
  const response = await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } });
  assert.equal(response.status, 200);
  assert.deepEqual(storedIds(join(service.folder, "data", "app.db")), ["m1"]);
  const { node, sqlite } = process.versions;
  const build = `version="[^"]+",revision="unknown",node="${node}",sqlite="${sqlite}"`;
  assert.match((await send(service.url, "/metrics")).body, new RegExp(`^webhook_inbox_build_info\\{${build}\\} 1$`, "m"));
  assert.equal(service.stderr(), "");
});

test("a port in use is reported in one line that names PORT, and the exit status is 1, because it may be free later", async (t) => {
  const first = await startTestApp(t);
  const second = spawnService(t, { WEBHOOK_SECRET: "x", PORT: new URL(first.url).port });
  assert.deepEqual(await second.exited, { code: 1, signal: null });
  assert.match(second.stderr(), /^PORT: [^\n]*EADDRINUSE[^\n]*\n$/);
  assert.equal((await first.request("/health/ready")).status, 200);
});

/** Values that cannot be used, and what to prepare in the folder where the service starts. */
const UNUSABLE: readonly (readonly [title: string, variable: string, value: string, prepare?: (folder: string) => void])[] = [
  ["an address of another machine", "HOST", "203.0.113.1"],
  ["a link-local address without its interface", "HOST", "fe80::1"],
  ["a name that does not resolve", "HOST", "no-such-host.invalid"],
  ["a folder", "DATABASE_URL", "sqlite:///app.db", (folder) => mkdirSync(join(folder, "app.db"))],
  ["a link to a folder", "DATABASE_URL", "sqlite:///app.db", (folder) => symlinkSync("/", join(folder, "app.db"))],
  ["a link to itself", "DATABASE_URL", "sqlite:///app.db", (folder) => symlinkSync("app.db", join(folder, "app.db"))],
  ["a device", "DATABASE_URL", "sqlite:////dev/null"],
  ["a path below a file", "DATABASE_URL", "sqlite:///file/app.db", (folder) => writeFileSync(join(folder, "file"), "")],
  ["a path far below a file", "DATABASE_URL", "sqlite:///file/a/b/app.db", (folder) => writeFileSync(join(folder, "file"), "")],
];

for (const [index, [title, variable, value, prepare]] of UNUSABLE.entries()) {
  test(`${variable} that is ${title} is reported in one line that names it, and the exit status is 78`, { skip: oneOfMany(index, { every: 5 }) }, async (t) => {
    const folder = temporaryFolder(t);
    prepare?.(folder);
    const service = spawnService(t, { WEBHOOK_SECRET: "x", PORT: "0", [variable]: value }, { folder });
    const { code } = await service.exited;
    // Without a name server the name may resolve later.
    assert.equal(code, service.stderr().includes("EAI_AGAIN") ? 1 : 78, service.stderr());
    assert.match(service.stderr(), new RegExp(`^${variable}: ([^\\n]+ )?must [^\\n]{1,300}\\n$`));
    assert.equal(service.stdout(), "");
  });
}

test("a database that cannot be written to is reported at start, before any delivery is refused", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const folder = temporaryFolder(t);
  const first = await startService(t, { DATABASE_URL: "sqlite:///app.db" }, { folder });
  first.signal("SIGTERM");
  await first.exited;
  const pages = Math.ceil(statSync(join(folder, "app.db")).size / 4096);
  const app = await startTestApp(t, { env: { DATABASE_URL: `sqlite:///${join(folder, "app.db")}` }, maxPageCount: pages });
  await until("the start is logged", () => app.logLines().length >= 2);
  const [problem, started] = app.logLines();
  assert.deepEqual([problem?.["level"], problem?.["msg"]], ["ERROR", "messages cannot be stored"]);
  assert.match(String(problem?.["reasons"]), /free space/);
  assert.equal(started?.["msg"], "started");
});

test("SIGHUP and SIGUSR2 during the start do not end the process; what they request is done once it has started", { skip: ONLY_SQLITE }, async (t) => {
  const folder = temporaryFolder(t);
  const secrets = join(folder, "secrets");
  const path = join(folder, "app.db");
  writeFileSync(secrets, "first");
  using lock = new DatabaseSync(path);
  lock.exec("BEGIN EXCLUSIVE");
  const service = spawnService(t, { WEBHOOK_SECRET_FILE: secrets, PORT: "0", DATABASE_URL: "sqlite:///app.db" }, { folder });
  // It takes ownership first, then waits for the lock.
  await until("the service owns the database", () => existsSync(`${path}-owner`));
  writeFileSync(secrets, "second");
  service.signal("SIGHUP");
  service.signal("SIGUSR2");
  lock.exec("ROLLBACK");
  const url = String((await service.logged("started"))["url"]);
  await service.logged("clock confirmed");
  await service.logged("secrets reloaded");
  const body = JSON.stringify(delivery());
  const headers = { "X-Signature": sign(body, "second") };
  assert.equal((await send(url, "/webhook", { method: "POST", body, headers })).status, 200);
});

/** How app.db is prepared, and what the one line on stderr must contain. */
const DATABASES: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  ["of a newer version", (path) => new DatabaseSync(path).exec("CREATE TABLE messages (x); PRAGMA user_version = 999"), /version 999/],
  ["that is not a SQLite file", (path) => writeFileSync(path, "x".repeat(10_000)), /app\.db/],
  ["with another table named messages", (path) => new DatabaseSync(path).exec("CREATE TABLE messages (x)"), /message_id/],
];

for (const [index, [title, prepare, expected]] of DATABASES.entries()) {
  test(`a database ${title} is refused in one line, and the exit status is 1`, { skip: ONLY_SQLITE || oneOfMany(index, { every: 3 }) }, async (t) => {
    const folder = temporaryFolder(t);
    prepare(join(folder, "app.db"));
    const service = spawnService(t, { WEBHOOK_SECRET: "x", PORT: "0", DATABASE_URL: "sqlite:///app.db" }, { folder });
    assert.deepEqual(await service.exited, { code: 1, signal: null });
    assert.match(service.stderr(), /^[^\n]+\n$/);
    assert.match(service.stderr(), expected);
  });
}

// The size limit of a file in blocks: too few for the first page, and too few for the tables.
for (const [index, blocks] of [1, 20].entries()) {
  test(`a write error at ${blocks} blocks, while the database is created, is reported in one line, and the exit status is 1`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const service = spawnService(t, { WEBHOOK_SECRET: "x", PORT: "0" }, { limit: `-f ${blocks}` });
    assert.deepEqual(await service.exited, { code: 1, signal: null });
    assert.match(service.stderr(), /^[^\n]*app\.db[^\n]*\n$/);
  });
}

test("a database of an earlier build is upgraded in place, complete and in order", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "app.db");
  const rows = [
    ["fraction", "2025-01-15T10:00:00.500Z", null, "2025-01-15T10:00:01.123456Z"],
    ["offset", "2025-01-15T15:30:00+05:30", "Hello", "2025-01-15T10:00:01Z"],
    ["past", "2025-01-15T09:00:00Z", "", "2025-01-15 09:00:01"],
  ] as const;
  using old = new DatabaseSync(path);
  old.exec(`CREATE TABLE messages (
    message_id TEXT PRIMARY KEY, from_msisdn TEXT NOT NULL, to_msisdn TEXT NOT NULL, ts TEXT NOT NULL, text TEXT, created_at TEXT NOT NULL)`);
  for (const row of rows) old.prepare("INSERT INTO messages VALUES (?, '+1', '+2', ?, ?, ?)").run(...row);
  old.close();

  const service = await startService(t, { DATABASE_URL: "sqlite+aiosqlite:///app.db" }, { folder });
  const { json } = await send(service.url, "/messages");
  const expected = [["past", "2025-01-15T09:00:00Z", 2], ["offset", "2025-01-15T10:00:00Z", 1], ["fraction", "2025-01-15T10:00:00.5Z", 0]] as const;
  assert.deepEqual(json, {
    data: expected.map(([message_id, ts, row]) => ({ message_id, from: "+1", to: "+2", ts, text: rows[row][2], created_at: rows[row][3] })),
    total: 3, limit: 50, offset: 0,
  });
});
