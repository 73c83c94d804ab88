import assert from "node:assert/strict";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { CHECKS } from "../../src/storage/sqlite/maintain/verifier.ts";
import { indexLocation } from "../../src/storage/sqlite/index/schema.ts";
import { createDatabase, sampleMessages } from "../support/derived-database.ts";
import { openTestStore, temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { runMain } from "./main.ts";

test("verify of a sound database prints one line per check and a summary, exits with 0, and needs no secret", async (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  for (const [args, env] of [[[path], {}], [[], { DATABASE_URL: `sqlite:///${path}` }]] as const) {
    const { status, stdout, stderr } = await runMain(["verify", ...args], { env });
    const lines = stdout.trimEnd().split("\n");
    assert.equal(status, 0);
    assert.equal(stderr, "");
    assert.equal(lines.filter((line) => line.startsWith("ok ")).length, CHECKS.length);
    assert.equal(lines.length, CHECKS.length + 1);
    assert.ok(lines.at(-1)?.startsWith(path));
  }
});

test("verify of a damaged index prints FAIL and exits with 1; --rebuild repairs it and exits with 0", async (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  {
    using db = new DatabaseSync(indexLocation(path));
    db.exec("UPDATE sender_counts SET count = 0");
  }
  const damaged = await runMain(["verify", path]);
  assert.equal(damaged.status, 1);
  assert.deepEqual(damaged.stdout.match(/^FAIL \w+/gm), ["FAIL counters"]);
  assert.equal((await runMain(["verify", "--rebuild", path])).status, 0);
  assert.equal((await runMain(["verify", path])).status, 0);
});

test("verify by a symbolic link checks and rebuilds the index of the file to which the link leads", async (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  const link = join(temporaryFolder(t), "link.db");
  symlinkSync(path, link);
  {
    using db = new DatabaseSync(indexLocation(path));
    db.exec("UPDATE sender_counts SET count = 0");
  }
  assert.deepEqual((await runMain(["verify", link])).stdout.match(/^FAIL \w+/gm), ["FAIL counters"]);
  assert.equal((await runMain(["verify", "--rebuild"], { env: { DATABASE_URL: `sqlite:///${link}` } })).status, 0);
  const { status, stdout } = await runMain(["verify", path]);
  assert.deepEqual([status, stdout.includes("there is no index")], [0, false]);
});

test("while a service has the database open verify passes, and --rebuild is refused in one line", async (t) => {
  const { store, path } = await openTestStore(t);
  await Promise.all(sampleMessages(100).map((one) => store.insert(one)));
  assert.equal((await runMain(["verify", path])).status, 0);
  const refused = await runMain(["verify", "--rebuild", path]);
  assert.equal(refused.status, 1);
  assert.equal(refused.stdout, "");
  assert.match(refused.stderr, /^[^\n]*service[^\n]*\n$/);
});

test("a database of an earlier build fails only the schema check, and is not changed", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using db = new DatabaseSync(path);
  db.exec("CREATE TABLE messages (message_id TEXT PRIMARY KEY)");
  for (const args of [["verify", path], ["verify", "--rebuild", path]]) assert.equal((await runMain(args)).status, 1);
  assert.equal((await runMain(["verify", path])).stdout.match(/^FAIL /gm)?.length, 1);
  assert.deepEqual(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map((row) => row["name"]), ["messages"]);
});

test("a rebuilt backup stays a single file", async (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA journal_mode = DELETE");
  }
  assert.equal((await runMain(["verify", "--rebuild", path])).status, 0);
  assert.deepEqual(readdirSync(dirname(path)), ["app.db"]);
});

test("a file that is not a database is reported in one line with exit status 1, and nothing is created", ONLY_IN_FULL_RUN, async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "text"), "x".repeat(10_000));
  for (const args of [["missing"], ["folder"], ["text"], ["--rebuild", "text"], ["--rebuild", "missing"]]) {
    const { status, stderr } = await runMain(["verify", ...args], { cwd: folder });
    assert.equal(status, 1, args.join(" "));
    assert.match(stderr, /^[^\n]+\n$/);
  }
  assert.deepEqual(readdirSync(folder), ["folder", "text"]);
});

test("a DATABASE_URL without a file is reported in one line with exit status 78", async () => {
  const { status, stderr } = await runMain(["verify"], { env: { DATABASE_URL: "sqlite:///:memory:" } });
  assert.equal(status, 78);
  assert.match(stderr, /^DATABASE_URL: [^\n]+\n$/);
});

test("an unreachable server is reported in one line with exit status 1, without its password", async () => {
  const { status, stderr } = await runMain(["verify"], { env: { DATABASE_URL: "postgres://user:CANARY@127.0.0.1:1/db" } });
  assert.equal(status, 1);
  assert.match(stderr, /^[^\n]+\n$/);
  assert.ok(!stderr.includes("CANARY"));
});
