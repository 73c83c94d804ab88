import type { SequencedMessage } from "../../../core/message.ts";
import type { SequencedPage } from "../../../core/queries.ts";
import { withPayloads } from "./payloads.ts";
import { LAST_SEQ, MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

/** A page ends with the row that brings its texts to so many UTF-16 units: rows may be as large as 17 KB. */
const PAGE_UNITS = 128 * 1024;

/** Reads in the order of commits. One thread writes, so a message with a lower `seq` than one that can be seen never comes later. */
export function createSequence(prepare: Prepare): { since(seq: number, limit: number, payload: boolean): SequencedPage; lastSequence(): number } {
  return {
    since(seq, limit, payload) {
      const data: SequencedMessage[] = [];
      const finish = (page: readonly SequencedMessage[]): readonly SequencedMessage[] => (payload ? withPayloads(prepare, page) : page);
      let units = 0;
      const rows = prepare(`SELECT seq, ${MESSAGE_COLUMNS} FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`).iterate(seq, limit);
      for (const row of rows) {
        const message = toStoredMessage(row);
        data.push({ seq: Number(row["seq"]), ...message });
        units += message.text?.length ?? 0;
        if (units >= PAGE_UNITS) return { data: finish(data), more: true };
      }
      return { data: finish(data), more: data.length === limit };
    },
    lastSequence: () => Number(prepare(`SELECT ${LAST_SEQ} AS seq`).get()?.["seq"]),
  };
}
