import assert from "node:assert/strict";
import { closeSync, copyFileSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { History } from "../../../src/core/store.ts";
import { copyDatabase } from "../../../src/storage/sqlite/maintain/copy.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../../support/sweep.ts";

interface Database {
  readonly path: string;
  /** Opens it, stores this many messages, and closes it. */
  session(messages: number): Promise<History & { readonly last: number }>;
}

function createDatabase(t: TestContext, path = join(temporaryFolder(t), "app.db")): Database {
  let stored = 0;
  return {
    path,
    async session(messages) {
      const { store } = await openTestStore(t, { path });
      for (let left = messages; left > 0; left -= 1) await store.insert(message(`${path} ${(stored += 1)}`));
      const found = { ...(await store.history()), last: await store.lastSequence() };
      await store.close();
      return found;
    },
  };
}

function replace(path: string, by: string): void {
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  copyFileSync(by, path);
}

const copies: readonly (readonly [kind: string, copy: (from: string, to: string) => Promise<void>])[] = [
  ["a copy made by backup", (from, to) => copyDatabase(from, to, () => undefined)],
  ["an older copy of the file", async (from, to) => copyFileSync(from, to)],
];

for (const [index, [kind, copy]] of copies.entries()) {
  test(`${kind} that is restored begins a generation, which records where the former one ends`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const { path, session } = createDatabase(t);
    const before = await session(5);
    await copy(path, `${path}.copy`);
    assert.deepEqual(await session(2), { ...before, last: 7 });
    replace(path, `${path}.copy`);
    const restored = await session(3);
    assert.notEqual(restored.generation, before.generation);
    assert.deepEqual([restored.last, restored.former], [8, new Map([[before.generation, 5]])]);
    assert.deepEqual(await session(0), restored);
  });
}

test("a restored copy made by backup is noticed even if the owner's file is as old as the copy", ONLY_IN_FULL_RUN, async (t) => {
  const { path, session } = createDatabase(t);
  const { generation } = await session(5);
  copyFileSync(`${path}-owner`, `${path}-owner.copy`);
  await copyDatabase(path, `${path}.copy`, () => undefined);
  await session(2);
  replace(path, `${path}.copy`);
  copyFileSync(`${path}-owner.copy`, `${path}-owner`);
  const restored = await session(1);
  assert.notEqual(restored.generation, generation);
  assert.deepEqual(restored.former, new Map([[generation, 5]]));
});

test("after a second restore of the same file, history lists both former generations", ONLY_IN_FULL_RUN, async (t) => {
  const { path, session } = createDatabase(t);
  const first = await session(5);
  copyFileSync(path, `${path}.copy`);
  await session(2);
  replace(path, `${path}.copy`);
  const second = await session(4);
  replace(path, `${path}.copy`);
  const third = await session(1);
  assert.deepEqual(third.former, new Map([[first.generation, 5], [second.generation, 5]]));
});

test("a copy that backup has made, put back beside the WAL of a killed process, is refused until that is removed", async (t) => {
  const { path, session } = createDatabase(t);
  const { generation } = await session(5);
  await copyDatabase(path, `${path}.copy`, () => undefined);
  const { store } = await openTestStore(t, { path });
  for (const id of ["m1", "m2"]) await store.insert(message(id));
  const killed = join(temporaryFolder(t), "app.db");
  for (const suffix of ["-wal", "-owner"]) copyFileSync(path + suffix, killed + suffix);
  copyFileSync(`${path}.copy`, killed);
  const before = readFileSync(killed);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await assert.rejects(openTestStore(t, { path: killed }), (error: Error) => error.name === "DatabaseError" && error.message.includes(`${killed}-wal must be removed`));
    assert.deepEqual(readFileSync(killed), before);
  }
  rmSync(`${killed}-wal`);
  const restored = await createDatabase(t, killed).session(1);
  assert.deepEqual([restored.last, restored.former], [6, new Map([[generation, 5]])]);
});

test("a copy that was opened and killed since is opened with its own WAL", ONLY_IN_FULL_RUN, async (t) => {
  const { path, session } = createDatabase(t);
  await session(5);
  await copyDatabase(path, `${path}.copy`, () => undefined);
  replace(path, `${path}.copy`);
  const { store } = await openTestStore(t, { path });
  for (const id of ["m1", "m2"]) await store.insert(message(id));
  const killed = join(temporaryFolder(t), "app.db");
  for (const suffix of ["-wal", "-owner"]) copyFileSync(path + suffix, killed + suffix);
  // As if nothing had been copied from the WAL.
  copyFileSync(`${path}.copy`, killed);
  assert.deepEqual(await createDatabase(t, killed).session(0), { ...(await store.history()), last: 7 });
});

test("a copy that is opened at another path begins a generation, whether backup or cp made it", ONLY_IN_FULL_RUN, async (t) => {
  const { path, session } = createDatabase(t);
  const { generation } = await session(5);
  for (const [kind, copy] of copies) {
    const otherPath = join(temporaryFolder(t), "app.db");
    await copy(path, otherPath);
    const served = await createDatabase(t, otherPath).session(1);
    assert.notEqual(served.generation, generation, kind);
    assert.deepEqual(served.former, new Map([[generation, 5]]), kind);
  }
  assert.equal((await session(1)).generation, generation, "the original keeps its generation");
});

test("another database at the same path shares no seq with the former one", ONLY_IN_FULL_RUN, async (t) => {
  const { path, session } = createDatabase(t);
  const before = await session(5);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  const after = await session(9);
  assert.notEqual(after.generation, before.generation);
  assert.equal(after.former.get(before.generation), 0);
});

test("a deleted WAL is noticed, because the killed process recorded a higher seq", ONLY_IN_FULL_RUN, async (t) => {
  const { path, session } = createDatabase(t);
  const { generation } = await session(5);
  const { store } = await openTestStore(t, { path });
  for (const id of ["m1", "m2"]) await store.insert(message(id));
  // The files as a kill leaves them: nothing is flushed or closed.
  const killed = join(temporaryFolder(t), "app.db");
  for (const suffix of ["", "-owner"]) copyFileSync(path + suffix, killed + suffix);
  const found = await createDatabase(t, killed).session(0);
  assert.notEqual(found.generation, generation);
  assert.deepEqual([found.last, found.former.get(generation)], [5, 5]);
});

test("neither a kill that loses nothing nor a removal changes the generation", async (t) => {
  const { path } = createDatabase(t);
  const { store } = await openTestStore(t, { path });
  for (const id of ["m1", "m2", "m3"]) await store.insert(message(id));
  await store.erase({ messageId: "m3" });
  const killed = join(temporaryFolder(t), "app.db");
  for (const suffix of ["", "-wal", "-owner"]) copyFileSync(path + suffix, killed + suffix);
  assert.deepEqual(await createDatabase(t, killed).session(0), { ...(await store.history()), last: 3 });
});

for (const [index, [damage, sql]] of ([
  ["has lost its table", "DROP TABLE present_generation"],
  ["has an empty table", "DELETE FROM present_generation"],
] as const).entries()) {
  test(`a database whose owner's file ${damage} begins a new generation`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const { path, session } = createDatabase(t);
    const { generation } = await session(5);
    {
      using owner = new DatabaseSync(`${path}-owner`);
      owner.exec(sql);
    }
    const found = await session(0);
    assert.notEqual(found.generation, generation);
    assert.deepEqual(found.former, new Map([[generation, 5]]));
  });
}

/** What a crash of the system may leave of a file that is not synced. */
const TORN: Readonly<Record<string, (file: string) => void>> = {
  "is of zeros": (file) => writeFileSync(file, Buffer.alloc(statSync(file).size)),
  "is not a database": (file) => writeFileSync(file, "x".repeat(5_000)),
  "is cut off": (file) => truncateSync(file, 4_096),
  "has pages of zeros": (file) => writeFileSync(file, readFileSync(file).fill(0, 4_096)),
  "has a damaged first page": (file) => writeFileSync(file, readFileSync(file).fill(0xa5, 100, 4_096)),
  "is empty": (file) => truncateSync(file, 0),
};

for (const [index, [damage, tear]] of Object.entries(TORN).entries()) {
  test(`a database whose owner's file ${damage} starts with a new generation, which the next start keeps`, { skip: oneOfMany(index, { every: 6 }) }, async (t) => {
    const { path, session } = createDatabase(t);
    const { generation } = await session(5);
    tear(`${path}-owner`);
    const found = await session(1);
    assert.notEqual(found.generation, generation);
    assert.deepEqual(found.former, new Map([[generation, 5]]));
    assert.deepEqual(await session(0), found);
  });
}

test("a process that finds a damaged owner's file while another has its lock is refused", async (t) => {
  const { path } = createDatabase(t);
  const { store } = await openTestStore(t, { path });
  const file = openSync(`${path}-owner`, "r+");
  writeSync(file, Buffer.alloc(8_192, 0xa5), 0);
  closeSync(file);
  await assert.rejects(openTestStore(t, { path }), /is in use by another process/);
  assert.equal(await store.insert(message("m1")), "created");
});
