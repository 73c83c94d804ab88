import type { StoredMessage } from "../../core/message.ts";
import type { MessagePage } from "../../core/queries.ts";
import type { Api, ApiResponse } from "./api.ts";
import { toParameters, type Filters } from "./filters.ts";
import { ORDERINGS } from "./order.ts";

/** A range of the list: the messages from a cursor on. */
export interface MessageRange extends MessagePage {
  /** Where the next range begins; undefined at the end of the list. */
  readonly next_cursor?: string;
}

export interface MessageRangeOptions {
  readonly filters: Filters;
  /** Undefined means the newest messages. */
  readonly cursor: string | undefined;
  /** The first message that is already shown after this range: all messages before it are needed. */
  readonly before: StoredMessage | undefined;
  readonly signal: AbortSignal;
}

export const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;
/** The maximum number of messages that are loaded to fill a gap. */
const MAX_GAP_MESSAGES = 1000;

/** Loads one range of the list; `failed` if the gap before the next range is too large: then the list must be loaded again. */
export async function fetchRange(api: Api, options: MessageRangeOptions): Promise<ApiResponse<MessageRange>> {
  const { before } = options;
  const ordering = ORDERINGS[options.filters.order];
  let { cursor } = options;
  const data: StoredMessage[] = [];
  for (;;) {
    const parameters = toParameters(options.filters);
    parameters.set("order", ordering.parameter);
    parameters.set("limit", String(before === undefined ? PAGE_SIZE : LARGEST_PAGE));
    if (cursor !== undefined) parameters.set("cursor", cursor);
    const response = await api.get<MessageRange>(`/messages?${parameters}`, options.signal);
    if (response.kind !== "ok" || before === undefined) return response;
    const { value } = response;
    const end = value.data.findIndex((message) => ordering.reaches(message, before));
    data.push(...(end === -1 ? value.data : value.data.slice(0, end)));
    cursor = value.next_cursor;
    if (end !== -1 || cursor === undefined) return { kind: "ok", value: { ...value, data } };
    if (data.length > MAX_GAP_MESSAGES) return { kind: "failed", message: "Too many messages arrived in the meantime", isRetryable: false };
  }
}
