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

/** One for each route of `routes.ts`. */
export const OPERATIONS: readonly Operation[] = [
  WEBHOOK,
  TWILIO,
  SUBSCRIPTION,
  LIST_MESSAGES,
  ERASE_SENDER,
  GET_MESSAGE,
  ERASE_MESSAGE,
  GET_PAYLOAD,
  TAIL,
  GET_STATS,
  GET_TIMELINE,
  LIVE,
  READY,
  GET_METRICS,
  INBOX_PAGE,
  DOCS_PAGE,
  OPENAPI,
  ASSET,
];
