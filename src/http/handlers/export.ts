import { createMatcher } from "../../core/filter.ts";
import type { StoredMessage } from "../../core/message.ts";
import { type ExportQuery, isReceived, type ReceivedQuery } from "../../core/queries.ts";
import type { MessageStore } from "../../core/store.ts";
import { type ExportedQuery, type ListFormat, parseExportQuery } from "../../validation/query.ts";
import { CSV_HEADER, CSV_HEADER_WITH_PAYLOAD, csvRecord, csvRecordWithPayload } from "../csv.ts";
import { CSV_TYPE, NDJSON_TYPE } from "../../api/media-types.ts";
import type { Response } from "../message.ts";
import { messageLine, refuse } from "../respond.ts";

export type ExportFormat = Exclude<ListFormat, "json">;

interface Writer {
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly head: string;
  readonly write: (message: StoredMessage) => string;
  /** How to write messages with their payloads. */
  readonly withPayload: Pick<Writer, "head" | "write">;
}

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  ndjson: { contentType: NDJSON_TYPE, head: "", write: messageLine, withPayload: { head: "", write: messageLine } },
  csv: {
    contentType: `${CSV_TYPE}; charset=utf-8`,
    headers: { "Content-Disposition": 'attachment; filename="messages.csv"' },
    head: CSV_HEADER,
    write: csvRecord,
    withPayload: { head: CSV_HEADER_WITH_PAYLOAD, write: csvRecordWithPayload },
  },
};

const BYTE_ORDER_MARK = "\uFEFF";

type ExportStore = Pick<MessageStore, "exportPage" | "since" | "lastSequence">;

interface ExportSource {
  readonly query: ExportedQuery;
  /** The `seq` of the newest message when the export began: later messages are left out. */
  readonly upTo: number;
  readonly payload: boolean;
}

/** Reads an export page by page, each with a short read. */
interface Pages {
  next(signal: AbortSignal): Promise<{ readonly data: readonly StoredMessage[]; readonly isLast: boolean }>;
}

function pagesOf(store: ExportStore, { query, ...source }: ExportSource): Pages {
  return isReceived(query) ? pagesByReceipt(store, { query, ...source }) : pagesByTime(store, { ...query, ...source });
}

function pagesByTime(store: ExportStore, query: ExportQuery): Pages {
  let { after } = query;
  return {
    async next(signal) {
      const page = await store.exportPage({ ...query, ...(after !== undefined && { after }) }, { signal });
      after = page.next;
      return { data: page.data, isLast: after === undefined };
    },
  };
}

const MESSAGES_AT_ONCE = 256;

interface ReceiptSource extends ExportSource {
  readonly query: Omit<ReceivedQuery, "limit" | "offset">;
}

/** In commit order. `since` takes no filters, so they are applied here. */
function pagesByReceipt(store: ExportStore, { query, upTo, payload }: ReceiptSource): Pages {
  const { after, order: _order, ...filter } = query;
  const matches = createMatcher(filter);
  let position = after ?? 0;
  return {
    async next() {
      const { data, more } = await store.since(position, MESSAGES_AT_ONCE, { payload });
      position = data.at(-1)?.seq ?? upTo;
      const found = data.filter((message) => message.seq <= upTo && matches(message)).map(({ seq: _seq, ...message }) => message);
      return { data: found, isLast: !more || position >= upTo };
    },
  };
}

/** Streams all messages that match the query of `GET /messages` when the export begins, in short reads. */
export async function exportMessages(
  store: ExportStore,
  { query: rawQuery, format, bom, payload, signal: ofHead }: {
    readonly query: string; readonly format: ExportFormat; readonly bom: boolean; readonly payload: boolean;
    /** The request's signal, until its response has a head. */
    readonly signal: AbortSignal;
  },
): Promise<Response> {
  const parsed = parseExportQuery(rawQuery);
  if (!parsed.ok) return refuse({ code: "validation_error", detail: parsed.error });
  const upTo = await store.lastSequence();
  const { withPayload, ...plain } = WRITERS[format];
  const { head, write, ...response } = payload ? { ...plain, ...withPayload } : plain;
  // Before the head, so that the status can report a database that does not respond.
  const pages = pagesOf(store, { query: parsed.value, upTo, payload });
  const first = await pages.next(ofHead);

  async function* chunks(signal: AbortSignal): AsyncGenerator<string, void> {
    let page = first;
    let text = bom && format === "csv" ? `${BYTE_ORDER_MARK}${head}` : head;
    for (;;) {
      text += page.data.map(write).join("");
      if (text !== "") yield text;
      if (page.isLast || signal.aborted) return;
      text = "";
      page = await pages.next(signal);
    }
  }
  return { status: 200, body: "", stream: { chunks, live: false }, ...response };
}
