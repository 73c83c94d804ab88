import type { Message } from "../../core/message.ts";
import type { InsertOutcome } from "../../core/store.ts";
import type { Row } from "../../postgres/backend.ts";
import type { Statement } from "../../postgres/frontend.ts";
import type { Fold } from "./fold.ts";
import { indexedText, wholeIfLong } from "./indexed.ts";
import { textAt, toKey } from "./rows.ts";
import { escapeText } from "./text.ts";

/**
 * Serializes the commits: only one transaction can lock this row until its commit. The lock comes first even if every message is a
 * repeat: a transaction that writes nothing to the log does not wait for the standby, and would confirm a row that no standby
 * has.
 */
export const LOCK_FIRST: readonly Statement[] = [
  { sql: "SELECT set_config('lock_timeout', '5000', true)" },
  { sql: "SELECT id FROM inbox_lock WHERE id = 1 FOR UPDATE" },
];

/**
 * One batch as one pipeline, which is one transaction. The INSERT is a statement of its own, so that its snapshot is taken
 * after the lock and sees what was removed meanwhile. The last result has the `message_id` of each row that was added.
 */
export function insertBatch(messages: readonly Message[], createdAt: string, fold: Fold): readonly Statement[] {
  const texts = messages.map(({ text }) => (text === null ? null : escapeText(text)));
  const wholeIds = messages.map(({ messageId }) => wholeIfLong(messageId));
  const wholeSenders = messages.map(({ from }) => wholeIfLong(from));
  return [
    ...LOCK_FIRST,
    {
      sql: `INSERT INTO messages (seq, message_id, long_id, from_msisdn, long_from, to_msisdn, ts, text, folded, payload, created_at)
        SELECT nextval('messages_seq'), i, wi, f, wf, t, k, x, y, p, $8
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $9::text[], $10::text[])
          WITH ORDINALITY u (i, f, t, k, x, y, p, wi, wf, o)
        WHERE NOT EXISTS (SELECT FROM removed_messages r WHERE r.message_id = i)
        ORDER BY o ON CONFLICT (message_id) DO NOTHING RETURNING message_id`,
      values: [
        messages.map(({ messageId }) => indexedText(messageId)),
        messages.map(({ from }) => indexedText(from)),
        messages.map(({ to }) => escapeText(to)),
        messages.map(({ ts }) => toKey(ts)),
        texts,
        texts.map((text) => (text === null ? null : fold(text))),
        messages.map(({ payload }) => (payload === undefined ? null : escapeText(payload))),
        createdAt,
        unlessEmpty(wholeIds),
        unlessEmpty(wholeSenders),
      ],
    },
  ];
}

/** Usually no id is long. NULL instead of the whole array costs nothing, and unnests to one NULL a row. */
function unlessEmpty(wholes: readonly (string | null)[]): readonly (string | null)[] | null {
  return wholes.every((whole) => whole === null) ? null : wholes;
}

/** The rows that are stored under the ids of messages that were not added. */
export function selectStored(messages: readonly Message[]): Statement {
  return {
    sql: "SELECT message_id, from_msisdn, to_msisdn, ts, text, created_at FROM messages WHERE message_id = ANY ($1::text[])",
    values: [[...new Set(messages.map(({ messageId }) => indexedText(messageId)))]],
  };
}

/** What is known after a batch. */
export interface Stored {
  /** Rows of `insertBatch`. */
  readonly added: readonly Row[];
  /** Rows of `selectStored`. */
  readonly found: readonly Row[];
  /** Set if an earlier attempt may have stored the batch: the batch's `created_at`, which identifies its rows. */
  readonly sentBeforeAt?: string | undefined;
}

/**
 * One outcome per message. If an id occurs twice in a batch, its first message is the one created. A message that is not found
 * was removed meanwhile, or could not be looked up: it is treated as a duplicate.
 */
export function toOutcomes(messages: readonly Message[], { added, found, sentBeforeAt }: Stored): readonly InsertOutcome[] {
  const own = found.filter((row) => sentBeforeAt !== undefined && row[5] === sentBeforeAt);
  const created = new Set([...added, ...own].map((row) => textAt(row, 0)));
  const rows = new Map(found.map((row) => [textAt(row, 0), row]));
  return messages.map((message) => {
    const id = indexedText(message.messageId);
    if (created.delete(id)) return "created";
    const row = rows.get(id);
    return row === undefined || hasContent(row, message) ? "duplicate" : "conflict";
  });
}

function hasContent(row: Row, { from, to, ts, text }: Message): boolean {
  const content = [indexedText(from), escapeText(to), toKey(ts), text === null ? null : escapeText(text)];
  return content.every((value, index) => row[1 + index] === value);
}
