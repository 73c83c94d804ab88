import { DatabaseSync } from "node:sqlite";
import type { Seen } from "./tails.ts";

const DAY_MS = 86_400_000;

/**
 * Makes the older half of the messages two days old while no service runs, and returns their ids. If they were older, the service
 * would suspect its clock.
 */
export function ageHalf(database: string): readonly string[] {
  using db = new DatabaseSync(database);
  const half = Number(db.prepare("SELECT count(*) / 2 AS half FROM messages").get()?.["half"]);
  const old = db.prepare("SELECT message_id FROM messages ORDER BY seq LIMIT ?").all(half).map((row) => String(row["message_id"]));
  db.prepare("UPDATE messages SET created_at = ? WHERE seq IN (SELECT seq FROM messages ORDER BY seq LIMIT ?)")
    .run(new Date(Date.now() - 2 * DAY_MS).toISOString(), half);
  return old;
}

/** How many messages are older than a day. */
export function countOld(database: string): number {
  using db = new DatabaseSync(database, { readOnly: true });
  const dayAgo = new Date(Date.now() - DAY_MS).toISOString();
  return Number(db.prepare("SELECT count(*) AS count FROM messages WHERE created_at < ?").get(dayAgo)?.["count"]);
}

/** How many messages have been removed. */
export function countRemoved(database: string): number {
  using db = new DatabaseSync(database, { readOnly: true });
  return Number(db.prepare("SELECT count(*) AS count FROM removed_messages").get()?.["count"]);
}

/** The messages after `seq`, in commit order. */
export function rowsAfter(database: string, seq: number): readonly Seen[] {
  using db = new DatabaseSync(database, { readOnly: true });
  return db
    .prepare("SELECT seq, message_id FROM messages WHERE seq > ? ORDER BY seq")
    .all(seq)
    .map((row) => ({ seq: Number(row["seq"]), message_id: String(row["message_id"]) }));
}
