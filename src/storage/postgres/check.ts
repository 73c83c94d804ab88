import type { Check, DatabaseMaintenance, Finding } from "../../core/maintenance.ts";
import { connect } from "../../postgres/connect.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import { COUNT_ALL, UNCOUNTED, WATERMARK } from "./counts.ts";
import { createFold } from "./fold.ts";
import { numberAt, textAt } from "./rows.ts";
import { SCHEMA_VERSION } from "./schema.ts";

const DEADLINE_MS = 600_000;
const ROWS_AT_ONCE = 2_000;

/**
 * Connects to check everything that is derived from the messages. Each statement reads one snapshot, so services may keep running.
 * Indexes are not checked here: PostgreSQL's pg_amcheck does that.
 */
export async function openPostgresMaintenance(url: ConnectionUrl): Promise<DatabaseMaintenance> {
  const connection = await connect(url);
  let share: number | undefined;

  async function count(sql: string): Promise<number> {
    const { results } = await connection.run([{ sql }], { deadlineMs: DEADLINE_MS });
    return numberAt(results[0]?.rows[0], 0);
  }
  function check(title: string, look: () => Promise<Finding>, isBasic = false): Check {
    return {
      title,
      isBasic,
      look() {
        share = undefined;
        return look();
      },
    };
  }
  async function findNone(sql: string, [sound, wrong]: readonly [string, string]): Promise<Finding> {
    const faults = await count(sql);
    return faults === 0 ? { ok: true, detail: sound } : { ok: false, detail: `${wrong}: ${faults}` };
  }
  async function checkSchema(): Promise<Finding> {
    const exists = await count("SELECT (to_regclass('inbox_state') IS NOT NULL)::int");
    const version = exists === 1 ? await count("SELECT version FROM inbox_state WHERE id = 1") : 0;
    const ok = version === SCHEMA_VERSION;
    return { ok, detail: `version ${version}${ok ? "" : `: must be ${SCHEMA_VERSION}`}` };
  }
  async function checkCounters(): Promise<Finding> {
    const finding = await findNone(WRONG_TIMES, [
      "the counts of every day, hour and minute match the",
      "counts of a day, an hour or a minute that differ from the messages",
    ]);
    if (!finding.ok) return finding;
    return { ok: true, detail: `${finding.detail} ${await count(`WITH ${UNCOUNTED} SELECT ${COUNT_ALL}`)} messages` };
  }

  return {
    checks: [
      check("schema", checkSchema, true),
      check("order", () => findNone(WRONG_ORDER, [
        "the next seq is greater than all existing ones",
        "values of the sequence or the watermark that contradict the messages",
      ])),
      check("removed ids", () => findNone(BOTH, ["no removed id belongs to a message", "removed ids that belong to messages"])),
      check("counters", checkCounters),
      check("senders", () => findNone(WRONG_SENDERS, ["the counts of every sender match the messages", "counts of a sender differ"])),
      check("search texts", () => checkFolded(connection, (done) => {
        share = done;
      })),
    ],
    furtherCheck: "to check the indexes, run pg_amcheck",
    remedy: () => "restore a backup, or copy the messages to a new database",
    progress: () => share,
    close: () => connection.close(),
  };
}

const WRONG_ORDER = `SELECT count(*) FROM inbox_state AS s, messages_seq AS n, (SELECT coalesce(max(seq), 0) AS last FROM messages) AS m
  WHERE greatest(m.last, s.removed_seq) > n.last_value OR s.count_mark > greatest(m.last, s.removed_seq)`;
const BOTH = "SELECT count(*) FROM messages JOIN removed_messages USING (message_id)";
const WRONG_TIMES = `
  WITH found AS (
    SELECT l AS level, left(ts, l) AS prefix, count(*) AS n FROM messages, unnest(ARRAY[10, 13, 16]) l
    WHERE seq <= (${WATERMARK}) GROUP BY 1, 2)
  SELECT count(*) FROM found FULL JOIN time_counts AS c USING (level, prefix) WHERE n IS DISTINCT FROM c.count`;
const WRONG_SENDERS = `
  WITH found AS (SELECT from_msisdn, count(*) AS n FROM messages WHERE seq <= (${WATERMARK}) GROUP BY 1)
  SELECT count(*) FROM found FULL JOIN sender_counts AS c USING (from_msisdn) WHERE n IS DISTINCT FROM c.count`;

/** Searched texts are folded by this build in JavaScript: another build may have another version of Unicode. */
async function checkFolded(connection: Connection, report: (share: number) => void): Promise<Finding> {
  const fold = createFold();
  let checked = 0;
  for (let seq = 0; ; ) {
    const { results } = await connection.run([{
      sql: `SELECT m.seq, text, folded, (SELECT max(seq) FROM messages) FROM messages AS m WHERE m.seq > $1::bigint
        AND text IS NOT NULL ORDER BY m.seq LIMIT ${ROWS_AT_ONCE}`,
      values: [seq],
    }], { deadlineMs: DEADLINE_MS });
    const rows = results[0]?.rows ?? [];
    const wrong = rows.find((row) => fold(textAt(row, 1)) !== row[2]);
    if (wrong !== undefined) return { ok: false, detail: `the text with seq ${textAt(wrong, 0)} is not folded as this build folds it` };
    const last = rows.at(-1);
    if (last === undefined) return { ok: true, detail: `${checked} texts are folded as this build folds them` };
    checked += rows.length;
    seq = numberAt(last, 0);
    report(seq / numberAt(last, 3));
  }
}
