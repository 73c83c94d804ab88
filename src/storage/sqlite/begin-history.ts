import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "./database.ts";
import { readHistory, type RecordedHistory } from "./history.ts";
import type { Prepare } from "./read/rows.ts";

/**
 * Gives the database a new generation if it may have gone back to an earlier state: if it is marked as a copy, differs from what the
 * last owner recorded, or has messages but no record. Throws SQLite's error.
 */
export function beginHistory(db: DatabaseSync, recorded: RecordedHistory | undefined): void {
  const prepare: Prepare = (sql) => db.prepare(sql);
  transaction(db, () => {
    const found = readHistory(prepare);
    if (!mayHaveGoneBack(found, recorded)) return;
    // A generation that is already in the table stays as it is: its `last_seq` is exact.
    const remember = db.prepare("INSERT INTO former_generations VALUES (?, ?) ON CONFLICT DO NOTHING");
    remember.run(found.generation, found.last);
    if (recorded !== undefined) {
      const common = lastCommon(found, recorded);
      remember.run(recorded.generation, common);
      for (const [generation, last] of recorded.former) remember.run(generation, Math.min(common, last));
    }
    db.prepare("UPDATE store_state SET generation = ?").run(randomUUID());
  });
}

function mayHaveGoneBack(found: RecordedHistory, recorded: RecordedHistory | undefined): boolean {
  if (found.former.has(found.generation)) return true;
  if (recorded === undefined) return found.last > 0;
  return recorded.generation !== found.generation || recorded.last > found.last;
}

/** The last `seq` that both have, or an earlier one: a tail that begins too early misses nothing. */
function lastCommon(found: RecordedHistory, recorded: RecordedHistory): number {
  if (recorded.generation === found.generation) return found.last;
  return found.former.get(recorded.generation) ?? Math.min(found.last, recorded.former.get(found.generation) ?? 0);
}
