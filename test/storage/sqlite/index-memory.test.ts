import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { migrate } from "../../../src/storage/sqlite/migrations.ts";
import type { IndexCalls } from "../../../src/storage/sqlite/threads/protocol.ts";
import { startThread } from "../../../src/storage/sqlite/threads/thread.ts";
import { atEnd } from "../../support/cleanup.ts";
import { temporaryFolder } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../../support/sweep.ts";

/** Measured: 50 to 56. With a cache of 32 MiB instead of 8 it was 70 to 74. */
const LIMIT_MIB = 64;

/** Eight steps. Each row has a sender and an hour of its own, so that the index becomes larger than any cache should be. */
const ROWS = `
  WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 262143)
  INSERT INTO messages (message_id, from_msisdn, to_msisdn, ts, text, created_at)
  SELECT printf('m%08d', n), printf('+%08d', n), '+2', strftime('%Y-%m-%dT%H:%M:%SZ', 3600 * n, 'unixepoch'), 'text ' || n, '' FROM numbers`;

/** The most memory that this process has had so far. */
function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

test("the memory of the index thread stays below a limit while the index grows beyond it", { skip: SKIP_IN_SHORT_RUN }, async (t) => {
  const location = join(temporaryFolder(t), "app.db");
  {
    using db = openDatabase(location);
    migrate(db);
    db.exec(ROWS);
  }
  const beforeMiB = peakMiB();
  const thread = await startThread<IndexCalls>("index-thread", { location }, { onFatal: assert.fail });
  atEnd(t, () => thread.close());
  while ((await thread.call("step", undefined)).unindexed > 0);
  const grownMiB = peakMiB() - beforeMiB;
  assert.ok(grownMiB <= LIMIT_MIB, `${grownMiB} MiB`);
});
