import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { DAMAGES, indexOf } from "../../scripts/torture/damage.ts";
import { temporaryFolder } from "../support/store.ts";

const PAGES = 20;
const WHOLE = Buffer.alloc(PAGES * 4096, 1);

for (const { name, inflict } of DAMAGES) {
  test(`an index ${name}: its files change, but never the database or the shared memory`, (t) => {
    const database = join(temporaryFolder(t), "app.db");
    const index = indexOf(database);
    const files = [database, index, `${index}-wal`, `${index}-shm`];
    for (const file of files) writeFileSync(file, WHOLE);
    assert.match(inflict(index, seededRandom(3)) ?? "", /./);
    const changed = files.filter((file) => !existsSync(file) || !readFileSync(file).equals(WHOLE));
    assert.ok(changed.length > 0);
    assert.ok(!changed.includes(database));
    // Processes that have the shared memory mapped survive its deletion, but not a change.
    assert.ok(!existsSync(`${index}-shm`) || !changed.includes(`${index}-shm`));
  });

  test(`an index ${name}: nothing happens if there is no index`, (t) => {
    const folder = temporaryFolder(t);
    assert.equal(inflict(join(folder, "app.db-index"), seededRandom(3)), undefined);
  });
}
