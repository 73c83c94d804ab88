import { ERASE_MESSAGE, ERASE_SENDER, GET_PAYLOAD } from "./erasure.ts";
import { LIVE, READY } from "./health.ts";
import { GET_MESSAGE } from "./message.ts";
import { LIST_MESSAGES } from "./messages.ts";
import { GET_METRICS } from "./metrics.ts";
import type { Operation } from "./operation.ts";
import { ASSET, DOCS_PAGE, INBOX_PAGE } from "./pages.ts";
import { OPENAPI } from "./self.ts";
import { GET_STATS } from "./stats.ts";
import { SUBSCRIPTION } from "./subscription.ts";
import { TAIL } from "./tail.ts";
import { GET_TIMELINE } from "./timeline.ts";
import { TWILIO } from "./twilio.ts";
import { WEBHOOK } from "./webhook.ts";

export type OperationId =
  | "deliverMessage"
  | "deliverTwilioMessage"
  | "confirmSubscription"
  | "listMessages"
  | "eraseSender"
  | "getMessage"
  | "eraseMessage"
  | "getPayload"
  | "tailMessages"
  | "getStats"
  | "getTimeline"
  | "isLive"
  | "isReady"
  | "getMetrics"
  | "showInbox"
  | "showDocs"
  | "getOpenApi"
  | "getAsset";

/** Every endpoint, in the order of the document. The routes, the document and test lists are made from it. */
export const OPERATIONS: Readonly<Record<OperationId, Operation>> = {
  deliverMessage: WEBHOOK,
  deliverTwilioMessage: TWILIO,
  confirmSubscription: SUBSCRIPTION,
  listMessages: LIST_MESSAGES,
  eraseSender: ERASE_SENDER,
  getMessage: GET_MESSAGE,
  eraseMessage: ERASE_MESSAGE,
  getPayload: GET_PAYLOAD,
  tailMessages: TAIL,
  getStats: GET_STATS,
  getTimeline: GET_TIMELINE,
  isLive: LIVE,
  isReady: READY,
  getMetrics: GET_METRICS,
  showInbox: INBOX_PAGE,
  showDocs: DOCS_PAGE,
  getOpenApi: OPENAPI,
  getAsset: ASSET,
};

export const OPERATION_IDS: readonly OperationId[] = Object.keys(OPERATIONS).filter(isOperationId);

/** Whether a text is an operation's id. */
function isOperationId(text: string): text is OperationId {
  return Object.hasOwn(OPERATIONS, text);
}
