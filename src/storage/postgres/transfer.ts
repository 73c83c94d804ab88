import { StoreUnavailable } from "../../core/store.ts";
import { connect } from "../../postgres/connect.ts";
import type { Row } from "../../postgres/backend.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { Statement } from "../../postgres/frontend.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import type { TransferRow, TransferSource, TransferTarget } from "../shared/transfer.ts";
import { LOCK_FIRST } from "./batch.ts";
import { deriveCounts } from "./counts.ts";
import { createFold } from "./fold.ts";
import { indexedText, wholeIfLong } from "./indexed.ts";
import { MESSAGE_COLUMNS, numberAt, payloadAt, textAt, toKey, toStoredMessage } from "./rows.ts";
import { isCancelledWait } from "./replication.ts";
import { migrate, SCHEMA_VERSION } from "./schema.ts";
import { escapeText, unescapeText } from "./text.ts";

const DEADLINE_MS = 600_000;
/** A page of rows with their payloads. */
const RESPONSE_LIMIT_BYTES = 1024 * 1024 * 1024;

/** Opens a database to copy from. Rejects with StoreUnavailable if its schema has another version. */
export async function openPostgresSource(url: ConnectionUrl): Promise<TransferSource> {
  const connection = await connect(url, { responseLimitBytes: RESPONSE_LIMIT_BYTES });
  try {
    await requireVersion(connection);
    return createSource(connection);
  } catch (error) {
    connection.destroy(new Error("it cannot be copied"));
    throw error;
  }
}

async function requireVersion(connection: Connection): Promise<void> {
  const [exists] = await run(connection, "SELECT to_regclass('inbox_state') IS NOT NULL");
  const [row] = exists?.[0] === "t" ? await run(connection, "SELECT version FROM inbox_state WHERE id = 1") : [];
  const version = numberAt(row, 0);
  if (version === SCHEMA_VERSION) return;
  const state = `the schema of the source must be version ${SCHEMA_VERSION}, not ${version}`;
  throw new StoreUnavailable(`Cannot copy: ${state}; start the service on it once`);
}

/** Opens a database to copy to; creates its tables if they are missing. */
export async function openPostgresTarget(url: ConnectionUrl): Promise<TransferTarget> {
  const connection = await connect({ ...url, sessionKind: "read-write" }, { responseLimitBytes: RESPONSE_LIMIT_BYTES });
  const fold = createFold();
  const source = createSource(connection);
  try {
    const found = await migrate(connection, DEADLINE_MS);
    if (found > SCHEMA_VERSION) {
      throw new StoreUnavailable(`Cannot copy: the schema of the target must be version ${SCHEMA_VERSION}, not ${found}`);
    }
  } catch (error) {
    connection.destroy(new Error("it cannot be copied to"));
    throw error;
  }

  async function change(...statements: readonly Statement[]): Promise<void> {
    const { notices } = await connection.run([...LOCK_FIRST, ...statements], { deadlineMs: DEADLINE_MS });
    if (notices.some(isCancelledWait)) throw new StoreUnavailable("Cannot copy: the server's wait for a standby must not be cancelled");
  }

  return {
    ...source,
    async add(rows) {
      const odd = rows.find(({ ts }) => !ts.endsWith("Z"));
      if (odd !== undefined) throw new StoreUnavailable(`Cannot copy the message with seq ${odd.seq}: its ts must be a time in UTC with Z`);
      const texts = rows.map(({ text }) => (text === null ? null : escapeText(text)));
      await change({
        sql: `INSERT INTO messages (
            seq, message_id, from_msisdn, to_msisdn, ts, text, folded, payload, created_at, long_id, long_from)
          SELECT n::bigint, i, f, t, k, x, y, p, c, wi, wf
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[]) AS u (n, i, f, t, k, x, y, p, c, wi, wf)`,
        values: [
          rows.map(({ seq }) => String(seq)),
          rows.map((row) => indexedText(row.message_id)),
          rows.map(({ from }) => indexedText(from)),
          rows.map(({ to }) => escapeText(to)),
          rows.map(({ ts }) => toKey(ts)),
          texts,
          texts.map((text) => (text === null ? null : fold(text))),
          rows.map(({ payload }) => (payload === null ? null : escapeText(payload))),
          rows.map((row) => row.created_at),
          rows.map((row) => wholeIfLong(row.message_id)),
          rows.map(({ from }) => wholeIfLong(from)),
        ],
      }, NUMBER_ON);
    },
    async addRemoved(ids) {
      await change({
        sql: "INSERT INTO removed_messages (message_id, long_id) SELECT * FROM unnest($1::text[], $2::text[])",
        values: [ids.map(indexedText), ids.map(wholeIfLong)],
      });
    },
    async finish(removedSeq) {
      await change({ sql: "UPDATE inbox_state SET removed_seq = $1::bigint WHERE id = 1", values: [removedSeq] }, NUMBER_ON);
      while (await deriveCounts(connection, DEADLINE_MS));
    },
  };
}

/** Later messages get numbers after all that exist or were removed. */
const NUMBER_ON: Statement = {
  sql: `SELECT setval('messages_seq', s)
    FROM (SELECT greatest((SELECT max(seq) FROM messages), removed_seq) AS s FROM inbox_state) AS t WHERE s > 0`,
};

function createSource(connection: Connection): TransferSource {
  return {
    async rows(seq, limit) {
      const sql = `SELECT m.seq, ${MESSAGE_COLUMNS}, m.payload FROM messages AS m WHERE seq > $1::bigint ORDER BY seq LIMIT ${limit}`;
      const found = await run(connection, sql, [seq]);
      return found.map((row): TransferRow => ({ seq: numberAt(row, 0), ...toStoredMessage(row, 1), ...payloadAt(row, 7) }));
    },
    async removedIds(after, limit) {
      const [condition, values] = after === undefined ? ["", []] : ["WHERE message_id > $1", [indexedText(after)]];
      const sql = `SELECT coalesce(long_id, message_id) FROM removed_messages ${condition} ORDER BY message_id LIMIT ${limit}`;
      const found = await run(connection, sql, values);
      return found.map((row) => unescapeText(textAt(row, 0)));
    },
    async extent() {
      const [row] = await run(connection, "SELECT coalesce((SELECT max(seq) FROM messages), 0), removed_seq FROM inbox_state WHERE id = 1");
      return { lastSeq: numberAt(row, 0), removedSeq: numberAt(row, 1) };
    },
    close: () => connection.close(),
  };
}

async function run(connection: Connection, sql: string, values: Statement["values"] = []): Promise<readonly Row[]> {
  const { results } = await connection.run([{ sql, values }], { deadlineMs: DEADLINE_MS });
  return results[0]?.rows ?? [];
}
