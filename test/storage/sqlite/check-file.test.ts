import assert from "node:assert/strict";
import { test } from "node:test";
import { isRepairable } from "../../../src/storage/sqlite/maintain/check-file.ts";

test("only missing or surplus entries of an index can be repaired", () => {
  const repairable = ["row 5 missing from index messages_by_ts", "wrong # of entries in index sqlite_autoindex_messages_1"];
  assert.equal(isRepairable(repairable), true);
  for (const other of ["Tree 4 page 7: btreeInitPage() returns error code 11", "NULL value in messages.ts", "Freelist: size is 3 but should be 4"]) {
    assert.equal(isRepairable([...repairable, other]), false, other);
  }
});
