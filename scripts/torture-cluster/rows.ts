import { connect } from "../../src/postgres/connect.ts";
import { parseConnectionUrl } from "../../src/postgres/url.ts";
import type { Seen } from "../soak/tails.ts";
import type { Row } from "../torture/check.ts";

/** A row of the database with its position in commit order. */
export type SequencedRow = Row & Seen;

const PAGE_ROWS = 20_000;
const DEADLINE_MS = 30_000;
const PAGE = `SELECT seq, message_id, from_msisdn, to_msisdn, ts || 'Z', text, created_at FROM messages WHERE seq > $1::bigint
  ORDER BY seq LIMIT ${PAGE_ROWS}`;

/** Reads every message from the primary, in the order of `seq`. The messages of a run contain no text that is stored escaped. */
export async function readMessages(url: string): Promise<readonly SequencedRow[]> {
  const parsed = parseConnectionUrl(url);
  if (!parsed.ok) throw new Error(`Cannot read the messages: ${parsed.error}`);
  const connection = await connect(parsed.value);
  const messages: SequencedRow[] = [];
  try {
    for (let more = true; more; ) {
      const after = messages.at(-1)?.seq ?? 0;
      const { results } = await connection.run([{ sql: PAGE, values: [after] }], { deadlineMs: DEADLINE_MS });
      const rows = results[0]?.rows ?? [];
      messages.push(...rows.map(toRow));
      more = rows.length === PAGE_ROWS;
    }
  } finally {
    connection.destroy(new Error("the messages are read"));
  }
  return messages;
}

function toRow([seq, id, from, to, ts, text = null, createdAt]: readonly (string | null)[]): SequencedRow {
  return {
    seq: Number(seq), message_id: String(id), from: String(from), to: String(to), ts: String(ts), text, created_at: String(createdAt),
  };
}
