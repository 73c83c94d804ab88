import type { SequencedMessage } from "../../../core/message.ts";
import type { SequencedPage } from "../../../core/queries.ts";
import { unitsOf, withPayload } from "./payloads.ts";
import { LAST_SEQ, MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

/** A page ends with the message that brings its texts and payloads to so many UTF-16 units: one may have megabytes. */
const PAGE_UNITS = 128 * 1024;

/** Reads in the order of commits. One thread writes, so a message with a lower `seq` than one that can be seen never comes later. */
export function createSequence(prepare: Prepare): { since(seq: number, limit: number, payload: boolean): SequencedPage; lastSequence(): number } {
  return {
    since(seq, limit, payload) {
      const data: SequencedMessage[] = [];
      let units = 0;
      const rows = prepare(`SELECT seq, ${MESSAGE_COLUMNS} FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`).iterate(seq, limit);
      for (const row of rows) {
        const plain: SequencedMessage = { seq: Number(row["seq"]), ...toStoredMessage(row) };
        const message = payload ? withPayload(prepare, plain) : plain;
        data.push(message);
        units += unitsOf(message);
        if (units >= PAGE_UNITS) return { data, more: true };
      }
      return { data, more: data.length === limit };
    },
    lastSequence: () => Number(prepare(`SELECT ${LAST_SEQ} AS seq`).get()?.["seq"]),
  };
}
