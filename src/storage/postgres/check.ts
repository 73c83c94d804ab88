import { connect } from "../../postgres/connect.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import { COUNT_ALL, MARK, TAIL } from "./counts.ts";
import { createFold } from "./fold.ts";
import { numberAt, textAt } from "./rows.ts";
import { SCHEMA_VERSION } from "./schema.ts";

/** What a check found: `detail` says in words what was compared, or what is wrong. */
export interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

/** One thing to look at; each relies on those before it. */
export interface Check {
  readonly title: string;
  /** `report` is told the share that is done. Rejects if the database cannot be read. */
  look(report: (share: number) => void): Promise<Finding>;
}

export interface Checks {
  readonly all: readonly Check[];
  close(): Promise<void>;
}

const DEADLINE_MS = 600_000;
const ROWS_AT_ONCE = 2_000;

/**
 * Connects for the checks of all that is derived from the messages. They change nothing, and each is of one moment, so that services
 * may go on. Indexes are PostgreSQL's to check: see pg_amcheck.
 */
export async function openChecks(url: ConnectionUrl): Promise<Checks> {
  const connection = await connect(url);
  const count = async (sql: string): Promise<number> => {
    const { results } = await connection.run([{ sql }], { deadlineMs: DEADLINE_MS });
    return numberAt(results[0]?.rows[0], 0);
  };
  const none = (title: string, sql: string, [sound, wrong]: readonly [string, string]): Check => ({
    title,
    async look() {
      const faults = await count(sql);
      return faults === 0 ? { ok: true, detail: sound } : { ok: false, detail: `${faults} ${wrong}` };
    },
  });
  const ofMessages = async (finding: Finding): Promise<Finding> =>
    finding.ok ? { ok: true, detail: `${finding.detail} ${await count(`WITH ${TAIL} SELECT ${COUNT_ALL}`)} messages` } : finding;
  const counters = none("counters", WRONG_TIMES, [
    "as many in every day, hour and minute as there are of",
    "counts of a day, an hour or a minute differ",
  ]);

  return {
    all: [
      {
        title: "schema",
        async look() {
          const exists = await count("SELECT (to_regclass('inbox_state') IS NOT NULL)::int");
          const version = exists === 1 ? await count("SELECT version FROM inbox_state WHERE id = 1") : 0;
          const ok = version === SCHEMA_VERSION;
          return { ok, detail: `version ${version}${ok ? "" : `, it must be ${SCHEMA_VERSION}`}` };
        },
      },
      none("order", WRONG_ORDER, ["the next message comes after all that there are", "numbers lie beyond the sequence or the mark"]),
      none("removed ids", BOTH, ["no removed id is that of a message", "removed ids are those of messages"]),
      { title: counters.title, look: async (report) => ofMessages(await counters.look(report)) },
      none("senders", WRONG_SENDERS, ["as many of every sender as there are", "counts of a sender differ"]),
      { title: "search texts", look: (report) => checkFolded(connection, report) },
    ],
    close: () => connection.close(),
  };
}

const WRONG_ORDER = `SELECT count(*) FROM inbox_state AS s, messages_seq AS n, (SELECT coalesce(max(seq), 0) AS last FROM messages) AS m
  WHERE greatest(m.last, s.removed_seq) > n.last_value OR s.count_mark > greatest(m.last, s.removed_seq)`;
const BOTH = "SELECT count(*) FROM messages JOIN removed_messages USING (message_id)";
const WRONG_TIMES = `
  WITH found AS (
    SELECT l AS level, left(ts, l) AS prefix, count(*) AS n FROM messages, unnest(ARRAY[10, 13, 16]) l WHERE seq <= (${MARK}) GROUP BY 1, 2)
  SELECT count(*) FROM found FULL JOIN time_counts AS c USING (level, prefix) WHERE n IS DISTINCT FROM c.count`;
const WRONG_SENDERS = `
  WITH found AS (SELECT from_msisdn, count(*) AS n FROM messages WHERE seq <= (${MARK}) GROUP BY 1)
  SELECT count(*) FROM found FULL JOIN sender_counts AS c USING (from_msisdn) WHERE n IS DISTINCT FROM c.count`;

/** What a search looks at is folded by this build in JavaScript: another build's Unicode may know other letters. */
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
    if (wrong !== undefined) return { ok: false, detail: `the message of seq ${textAt(wrong, 0)} is not folded as this build does` };
    const last = rows.at(-1);
    if (last === undefined) return { ok: true, detail: `${checked} texts are folded as this build does` };
    checked += rows.length;
    seq = numberAt(last, 0);
    report(seq / numberAt(last, 3));
  }
}
