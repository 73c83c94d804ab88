import assert from "node:assert/strict";
import { existsSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { delivery, send, sign, startTestApp } from "../support/app.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { spawnService, startService } from "../support/process.ts";
import { temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN, oneOfMany, repetitions } from "../support/sweep.ts";

for (const [index, value] of ["sqlite:///app.db\r", "sqlite:///app.db ", '"sqlite:///app.db"', "sqlite:///~/app.db", "sqlite:///${FOLDER}/app.db"].entries()) {
  test(`DATABASE_URL=${JSON.stringify(value)} exits with status 78 and creates no database`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const service = spawnService(t, { WEBHOOK_SECRET: "x", PORT: "0", DATABASE_URL: value });
    assert.deepEqual(await service.exited, { code: 78, signal: null });
    assert.match(service.stderr(), /^DATABASE_URL: [^\r\n]+\n$/);
    assert.deepEqual(readdirSync(service.folder), []);
  });
}

test("an unusual secret is used as it is, with a WARNING that names its variable and not its value", async (t) => {
  const app = await startTestApp(t, { env: { WEBHOOK_SECRET: "CANARY\r" } });
  const body = JSON.stringify(delivery());
  assert.equal((await app.deliver(body, { "X-Signature": sign(body, "CANARY\r") })).status, 200);
  await app.requestLines(1);
  const warnings = app.logLines().filter(({ level }) => level === "WARNING");
  assert.equal(warnings.length, 1);
  assert.match(String(warnings[0]?.["msg"]), /^WEBHOOK_SECRET: /);
  assert.doesNotMatch(app.rawLog(), /CANARY/);
});

test("an unusual secret in a reread file is a WARNING too, and a file of 30 MB is refused", ONLY_IN_FULL_RUN, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "secrets");
  writeFileSync(file, "first\n");
  const service = await startService(t, { WEBHOOK_SECRET_FILE: file, WEBHOOK_SECRET_PREVIOUS: "older" }, { folder });
  writeFileSync(file, " CANARY\nfirst\n");
  service.signal("SIGHUP");
  const warning = await service.logged(({ level }) => level === "WARNING");
  assert.match(String(warning["msg"]), /^WEBHOOK_SECRET_FILE: secret 1 /);

  writeFileSync(file, "x".repeat(30 << 20));
  service.signal("SIGHUP");
  await service.logged(({ level }) => level === "ERROR");
  const body = JSON.stringify(delivery());
  const response = await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body, " CANARY") } });
  assert.equal(response.status, 200);
  assert.equal(existsSync(join(folder, "data", "app.db")), ONLY_SQLITE === false);
  assert.doesNotMatch(service.stdout(), /CANARY/);
});

async function startAndStop(t: TestContext, url: string, folder: string): Promise<readonly unknown[]> {
  const service = spawnService(t, { WEBHOOK_SECRET: "x", PORT: "0", DATABASE_URL: url }, { folder });
  const started = await service.logged("started");
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  return [started["database"], started["new_database"]];
}

test("the start line names the opened file and says whether it is new", { skip: ONLY_SQLITE }, async (t) => {
  const folder = realpathSync(temporaryFolder(t));
  symlinkSync("there/real.db", join(folder, "link.db"));
  writeFileSync(join(folder, "empty.db"), "");
  const starts = [
    ["sqlite:///link.db", join(folder, "there/real.db"), true],
    ["sqlite:///link.db", join(folder, "there/real.db"), false],
    ["sqlite:///app.db", join(folder, "app.db"), true],
    ["sqlite:///app.db", join(folder, "app.db"), false],
    ["sqlite:///./sub/../sub/app.db", join(folder, "sub/app.db"), true],
    ["sqlite:///./sub/../sub/app.db", join(folder, "sub/app.db"), false],
    [`sqlite:///${folder}/other.db`, join(folder, "other.db"), true],
    [`sqlite:///${folder}/other.db`, join(folder, "other.db"), false],
    ["sqlite:///empty.db", join(folder, "empty.db"), true],
    ["sqlite:///:memory:", ":memory:", true],
  ] as const;
  for (const [url, path, isNew] of starts.slice(0, repetitions(t, { full: starts.length, short: 1 }))) {
    assert.deepEqual(await startAndStop(t, url, folder), [path, isNew], url);
  }
});
