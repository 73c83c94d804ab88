import type { StoredMessage } from "../../core/message.ts";
import type { MessagePage } from "../../core/queries.ts";
import type { Answer, Api } from "./api.ts";
import { toParameters, type Filters } from "./filters.ts";
import { ORDERINGS } from "./order.ts";

/** A part of the list: the messages from a cursor on. */
export interface Stretch extends MessagePage {
  /** Where the next part begins; undefined at the end of the list. */
  readonly next_cursor?: string;
}

export interface StretchOptions {
  readonly filters: Filters;
  /** Undefined means the newest messages. */
  readonly cursor: string | undefined;
  /** The first message that is already shown after this part: all messages before it are needed. */
  readonly before: StoredMessage | undefined;
  readonly signal: AbortSignal;
}

export const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;
/** More messages than this are not loaded to fill a gap. */
const MOST_MESSAGES = 1000;

/** Loads one part of the list; `failed` if there are too many messages in between, so that the list must be loaded again. */
export async function fetchStretch(api: Api, options: StretchOptions): Promise<Answer<Stretch>> {
  const { before } = options;
  const ordering = ORDERINGS[options.filters.order];
  let { cursor } = options;
  const data: StoredMessage[] = [];
  for (;;) {
    const parameters = toParameters(options.filters);
    parameters.set("order", ordering.parameter);
    parameters.set("limit", String(before === undefined ? PAGE_SIZE : LARGEST_PAGE));
    if (cursor !== undefined) parameters.set("cursor", cursor);
    const answer = await api.get<Stretch>(`/messages?${parameters}`, options.signal);
    if (answer.kind !== "ok" || before === undefined) return answer;
    const { value } = answer;
    const end = value.data.findIndex((message) => ordering.reaches(message, before));
    data.push(...(end === -1 ? value.data : value.data.slice(0, end)));
    cursor = value.next_cursor;
    if (end !== -1 || cursor === undefined) return { kind: "ok", value: { ...value, data } };
    if (data.length > MOST_MESSAGES) return { kind: "failed", message: "Many messages came in meanwhile", later: false };
  }
}
