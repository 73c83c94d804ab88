import assert from "node:assert/strict";
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { backUp } from "../../src/cli/backup.ts";
import { copyDatabase } from "../../src/storage/sqlite/maintain/copy.ts";
import { otherConnection, storedIds } from "../support/database.ts";
import { createDatabase, sampleMessages } from "../support/derived-database.ts";
import { openTestStore, temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { runMain } from "./main.ts";
import { testTerminal } from "./terminal.ts";

const SENDERS_AT_ONCE = 64;

test("a backup taken under load ends at a commit, passes verify and can be restored", async (t) => {
  const { store, path, committed } = await openTestStore(t);
  const sample = sampleMessages(3_000);
  await Promise.all(sample.map((one) => store.insert(one)));
  const acknowledged = sample.map((one) => one.messageId);
  let done = false;
  async function send(first: number): Promise<void> {
    for (let round = 0; !done; round += 1) {
      const messageId = `live-${first}-${round}`;
      assert.equal(await store.insert({ ...sample[round % sample.length] ?? sample[0] ?? assert.fail(), messageId }), "created");
      acknowledged.push(messageId);
    }
  }
  const sending = Promise.all(Array.from({ length: SENDERS_AT_ONCE }, (_, first) => send(first)));
  const folder = temporaryFolder(t);
  const target = join(folder, "backup.db");
  while (acknowledged.length < sample.length + SENDERS_AT_ONCE) await store.stats();
  const acknowledgedBefore = [...acknowledged];
  const before = store.count();
  const { status, stdout, stderr } = await runMain(["backup", target], { env: { DATABASE_URL: `sqlite:///${path}` } });
  done = true;
  await sending;
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.ok(stdout.trimEnd().split("\n").at(-1)?.includes("restore"));
  assert.deepEqual(readdirSync(folder), ["backup.db"]);

  const copied = storedIds(target);
  assert.ok(copied.length >= before && copied.length < store.count(), `${before} <= ${copied.length} < ${store.count()}`);
  assert.deepEqual(copied, storedIds(path).slice(0, copied.length));
  const ids = new Set(copied);
  assert.deepEqual(acknowledgedBefore.filter((id) => !ids.has(id)), []);
  let boundary = 0;
  assert.ok(committed.some((size) => (boundary += size) === copied.length), "the copy ends with a commit");
  assert.equal((await runMain(["verify", target])).status, 0);

  const restored = await openTestStore(t, { path: target });
  assert.equal(restored.store.count(), copied.length);
  assert.equal((await restored.store.list({ limit: 1, offset: 0 })).total, copied.length);
  assert.equal(await restored.store.insert({ ...sample[0] ?? assert.fail(), messageId: "after" }), "created");
});

test("a backup by a symbolic link says how to restore the file to which the link leads", async (t) => {
  const path = createDatabase(t, sampleMessages(10), { indexed: true });
  const folder = temporaryFolder(t);
  symlinkSync(path, join(folder, "link.db"));
  const { stdout } = await runMain(["backup", join(folder, "backup.db")], { env: { DATABASE_URL: `sqlite:///${join(folder, "link.db")}` } });
  const recipe = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert.ok(recipe.includes(`remove ${path}-wal,`) && recipe.includes(`over ${path},`), recipe);
});

test("commits between the steps of a copy do not restart it and are not in it", ONLY_IN_FULL_RUN, async (t) => {
  const path = createDatabase(t, sampleMessages(500), { indexed: true });
  const db = otherConnection(t, path);
  // Enough pages for many steps.
  db.exec("UPDATE store_state SET probe = zeroblob(40 * 1024 * 1024); PRAGMA wal_autocheckpoint = 1");
  const target = join(temporaryFolder(t), "copy.db");
  const steps: number[] = [];
  await copyDatabase(path, target, (done) => {
    steps.push(done);
    assert.ok(steps.length < 100);
    db.exec(`UPDATE messages SET text = 'later' WHERE seq = ${steps.length}`);
  });
  assert.ok(steps.length > 5);
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
  using copy = new DatabaseSync(target, { readOnly: true });
  assert.equal(copy.prepare("SELECT count(*) AS n FROM messages WHERE text = 'later'").get()?.["n"], 0);
});

test("neither an existing file nor the database itself is overwritten", async (t) => {
  const path = createDatabase(t, sampleMessages(10), { indexed: true });
  const env = { DATABASE_URL: `sqlite:///${path}` };
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "taken"), "precious");
  for (const target of [join(folder, "taken"), folder, path]) {
    const { status, stdout, stderr } = await runMain(["backup", target], { env });
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
    assert.match(stderr, /^[^\n]+ must not exist yet\n$/);
  }
  assert.equal(readFileSync(join(folder, "taken"), "utf8"), "precious");
  assert.deepEqual(readdirSync(folder), ["taken"]);
  assert.equal(storedIds(path).length, 10);
});

test("a file that appears while the copy is made is not overwritten", async (t) => {
  const source = createDatabase(t, sampleMessages(10), { indexed: true });
  const folder = temporaryFolder(t);
  const target = join(folder, "backup.db");
  const terminal = { ...testTerminal(), screen: () => writeFileSync(target, "precious") };
  await assert.rejects(backUp(terminal, source, target), { name: "DatabaseError" });
  assert.equal(readFileSync(target, "utf8"), "precious");
  assert.deepEqual(readdirSync(folder), ["backup.db"]);
});

test("a copy is one file without a WAL, with the permissions of the database", async (t) => {
  const source = createDatabase(t, sampleMessages(10), { indexed: true });
  chmodSync(source, 0o600);
  const target = join(temporaryFolder(t), "backup.db");
  assert.equal(await backUp(testTerminal(), source, target), true);
  assert.equal(statSync(target).mode & 0o777, 0o600);
  using db = new DatabaseSync(target, { readOnly: true });
  assert.equal(db.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "delete");
});

test("a copy that cannot be written is reported in one line with exit status 1, and leaves no file", async (t) => {
  const path = createDatabase(t, sampleMessages(2_000), { indexed: true });
  const folder = temporaryFolder(t);
  const env = { DATABASE_URL: `sqlite:///${path}` };
  const cases = [
    await runMain(["backup", join(folder, "backup.db")], { env, limit: "-f 100" }),
    await runMain(["backup", join(folder, "missing", "backup.db")], { env }),
    await runMain(["backup", join(folder, "backup.db")], { env: { DATABASE_URL: `sqlite:///${folder}/missing.db` } }),
  ];
  for (const { status, stdout, stderr } of cases) {
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
    assert.match(stderr, /^[^\n]+\n$/);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test("a signal removes the unfinished copy", async (t) => {
  const source = createDatabase(t, sampleMessages(10), { indexed: true });
  const folder = temporaryFolder(t);
  let cleanUp = (): void => assert.fail("a cleanup is registered first");
  const left: number[] = [];
  const terminal = {
    ...testTerminal(),
    beforeKilled: (given: () => void) => {
      cleanUp = given;
    },
    screen: (text: string) => {
      if (!text.includes("integrity")) return;
      left.push(readdirSync(folder).length);
      cleanUp();
      left.push(readdirSync(folder).length);
    },
  };
  await assert.rejects(backUp(terminal, source, join(folder, "backup.db")));
  assert.deepEqual(left, [1, 0]);
  assert.deepEqual(readdirSync(folder), []);
});

test("a copy that fails a check is reported with exit status 1 and kept under another name", async (t) => {
  for (const damage of ["schema", "page"] as const) {
    const path = createDatabase(t, sampleMessages(500), { indexed: true });
    if (damage === "schema") {
      using db = new DatabaseSync(path);
      db.exec("DROP INDEX messages_by_ts");
    } else {
      const file = openSync(path, "r+");
      writeSync(file, Buffer.alloc(2048, 0xa5), 0, 2048, statSync(path).size - 4096);
      closeSync(file);
    }
    const folder = join(temporaryFolder(t), damage);
    mkdirSync(folder);
    const { status, stdout, stderr } = await runMain(["backup", join(folder, "backup.db")], { env: { DATABASE_URL: `sqlite:///${path}` } });
    assert.equal(status, 1);
    assert.match(stdout, /^FAIL /);
    const [kept, ...others] = readdirSync(folder);
    assert.match(kept ?? "", /^backup\.db\.unsound-/);
    assert.ok(stderr.includes(join(folder, kept ?? "")));
    assert.deepEqual(others, []);
  }
});
