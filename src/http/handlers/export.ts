import type { StoredMessage } from "../../core/message.ts";
import type { ExportPage, ExportQuery } from "../../core/queries.ts";
import type { MessageStore } from "../../core/store.ts";
import { parseExportQuery, type ListFormat } from "../../validation/query.ts";
import { CSV_HEADER, CSV_HEADER_WITH_PAYLOAD, csvRecord, csvRecordWithPayload } from "../csv.ts";
import { CSV_TYPE, NDJSON_TYPE } from "../../api/media-types.ts";
import type { Reply } from "../message.ts";
import { messageLine, refuse } from "../respond.ts";

export type ExportFormat = Exclude<ListFormat, "json">;

interface Writer {
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly head: string;
  readonly write: (message: StoredMessage) => string;
  /** With the payload of each message. */
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

/** All messages that match the query of `GET /messages` when it begins, streamed in short reads. */
export async function exportMessages(
  store: Pick<MessageStore, "exportPage" | "lastSequence">,
  { query: rawQuery, format, bom, payload, signal: ofHead }: {
    readonly query: string; readonly format: ExportFormat; readonly bom: boolean; readonly payload: boolean;
    /** Of the request, until its response has a head. */
    readonly signal: AbortSignal;
  },
): Promise<Reply> {
  const parsed = parseExportQuery(rawQuery);
  if (!parsed.ok) return refuse({ code: "validation_error", detail: parsed.error });
  const query: ExportQuery = { ...parsed.value, payload, upTo: await store.lastSequence() };
  const { withPayload, ...plain } = WRITERS[format];
  const { head, write, ...reply } = payload ? { ...plain, ...withPayload } : plain;
  // Before the head, so that a database that does not answer is told by the status.
  const first = await store.exportPage(query, { signal: ofHead });

  async function* pieces(signal: AbortSignal): AsyncGenerator<string, void> {
    let page: ExportPage = first;
    let text = bom && format === "csv" ? `${BYTE_ORDER_MARK}${head}` : head;
    for (;;) {
      text += page.data.map(write).join("");
      if (text !== "") yield text;
      if (page.next === undefined || signal.aborted) return;
      text = "";
      page = await store.exportPage({ ...query, after: page.next }, { signal });
    }
  }
  return { status: 200, body: "", stream: { pieces, live: false }, ...reply };
}
