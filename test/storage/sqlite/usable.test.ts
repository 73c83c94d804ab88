import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { whyUnusable } from "../../../src/storage/sqlite/usable.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_DISK } from "../../support/disk.ts";
import { temporaryFolder } from "../../support/store.ts";
import { asOtherUser } from "../../support/other-user.ts";

const MODULE = new URL("../../../src/storage/sqlite/usable.ts", import.meta.url);

function whyUnusableForOtherUser(path: string): string {
  return asOtherUser(MODULE, `whyUnusable(${JSON.stringify(path)}) ?? "usable"`);
}

/** Changes a folder that anybody may write, and the file or folder in it that the reason must name. */
const FORBIDDEN: readonly (readonly [title: string, prepare: (folder: string) => void, named: string])[] = [
  ["a folder that others may only read", (folder) => chmodSync(folder, 0o555), ""],
  ["a folder that others may not enter", (folder) => chmodSync(folder, 0o000), ""],
  ["a database that others may only read", (folder) => forbid(join(folder, "app.db"), 0o444), "/app.db"],
  ["a database that others may not read", (folder) => forbid(join(folder, "app.db"), 0o000), "/app.db"],
  ...["-wal", "-shm", "-owner"].map((suffix) =>
    [`a ${suffix} file that others may only read`, (folder: string) => forbid(join(folder, `app.db${suffix}`), 0o444), `/app.db${suffix}`] as const),
];

function forbid(path: string, mode: number): void {
  writeFileSync(path, "");
  chmodSync(path, mode);
}

for (const [title, prepare, named] of FORBIDDEN) {
  test(`${title} is reported by name, with its owner and mode`, (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o777);
    prepare(folder);
    atEnd(t, () => chmodSync(folder, 0o777));
    const reason = whyUnusableForOtherUser(join(folder, "app.db"));
    assert.match(reason, / must be (?:readable and )?writable by uid \d+: it belongs to uid \d+ and has mode 0[0-7]{3} \(EACCES\)$/);
    assert.ok(reason.startsWith(`${folder}${named} must `), reason);
  });
}

test("for a folder that does not exist yet, the nearest existing parent is reported", (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o555);
  atEnd(t, () => chmodSync(folder, 0o777));
  assert.ok(whyUnusableForOtherUser(join(folder, "a", "b", "app.db")).startsWith(`${folder} must be writable `));
});

test("a folder in which the database can be created, and one that contains it, are usable", (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o777);
  const path = join(folder, "app.db");
  assert.equal(whyUnusableForOtherUser(path), "usable");
  assert.equal(whyUnusableForOtherUser(join(folder, "new", "app.db")), "usable");
  for (const suffix of ["", "-wal", "-shm", "-owner"]) forbid(path + suffix, 0o666);
  assert.equal(whyUnusableForOtherUser(path), "usable");
});

test("anything except a regular file is not usable", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "app.db"));
  assert.equal(whyUnusable(join(folder, "app.db")), `${folder}/app.db must be a file, not a folder`);
  assert.equal(whyUnusable("/dev/null"), "/dev/null must be a regular file");
  for (const suffix of ["-wal", "-shm", "-owner"]) {
    symlinkSync("/dev/null", join(folder, `other.db${suffix}`));
    assert.equal(whyUnusable(join(folder, "other.db")), `${folder}/other.db${suffix} must be a regular file`);
    rmSync(join(folder, `other.db${suffix}`));
  }
});

test("a file that is mounted alone is not usable: its log would be in the folder of the mount", { skip: SKIP_WITHOUT_DISK }, (t) => {
  const folder = temporaryFolder(t);
  const [real, mounted] = [join(folder, "real.db"), join(folder, "mounted here.db")];
  for (const path of [real, mounted]) writeFileSync(path, "");
  execFileSync("mount", ["--bind", real, mounted]);
  atEnd(t, () => execFileSync("umount", ["--lazy", mounted]));
  assert.match(whyUnusable(mounted) ?? "", /mounted here\.db must not be mounted as a single file/);
  assert.equal(whyUnusable(real), undefined);
});

test("a path that SQLite takes together with what belongs to it is usable, a longer one is not", (t) => {
  const folder = temporaryFolder(t);
  const long = join(folder, "f".repeat(150), "f".repeat(150));
  const of = (bytes: number): string => join(long, "f".repeat(bytes - long.length - 1));
  assert.equal(whyUnusable(of(498)), undefined);
  assert.equal(whyUnusable(of(499)), `${of(499)} must be a path of at most 498 bytes`);
  mkdirSync(long, { recursive: true });
  for (const suffix of ["", "-owner", "-index"]) {
    using db = new DatabaseSync(of(498) + suffix);
    db.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (x)");
  }
});

test("a file with two names is not usable: the log that belongs to the other name would not be found", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "app.db");
  writeFileSync(path, "");
  linkSync(path, join(folder, "other.db"));
  for (const name of ["app.db", "other.db"]) assert.match(whyUnusable(join(folder, name)) ?? "", new RegExp(`/${name} must have only one hard link, not 2`));
  rmSync(join(folder, "other.db"));
  assert.equal(whyUnusable(path), undefined);
});

test("a command that cannot open the database reports the same reason", (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  forbid(join(folder, "app.db"), 0o000);
  const database = new URL("../../../src/storage/sqlite/database.ts", import.meta.url);
  const open = `openDatabase(${JSON.stringify(join(folder, "app.db"))}, { readOnly: true })`;
  const reason = asOtherUser(database, `(() => { try { ${open}; return "opened"; } catch (error) { return error.message; } })()`);
  assert.match(reason, /^Cannot open the database: .* must be (?:readable and )?writable by uid \d+: .* \(EACCES\) \(SQLite 14: /);
});
