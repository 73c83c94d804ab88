import type { SequencedMessage } from "../../../core/message.ts";
import type { History } from "../../../core/store.ts";
import type { SequencedPage } from "../../../core/queries.ts";
import { readHistory } from "../history.ts";
import { startPage } from "../../shared/fill-page.ts";
import { withPayload } from "./payloads.ts";
import { LAST_SEQ, MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

export interface Sequence {
  since(seq: number, limit: number, payload: boolean): SequencedPage;
  lastSequence(): number;
  history(): History;
}

/** Reads in commit order. There is one writer, so once a `seq` is visible, no smaller one appears later. */
export function createSequence(prepare: Prepare): Sequence {
  return {
    since(seq, limit, payload) {
      const page = startPage<SequencedMessage>(limit);
      const rows = prepare(`SELECT seq, ${MESSAGE_COLUMNS} FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`).iterate(seq, limit);
      for (const row of rows) {
        const plain: SequencedMessage = { seq: Number(row["seq"]), ...toStoredMessage(row) };
        if (page.add(payload ? withPayload(prepare, plain) : plain)) return { data: page.data, more: true };
      }
      return { data: page.data, more: false };
    },
    lastSequence: () => Number(prepare(`SELECT ${LAST_SEQ} AS seq`).get()?.["seq"]),
    history() {
      const { generation, former } = readHistory(prepare);
      return { generation, former };
    },
  };
}
