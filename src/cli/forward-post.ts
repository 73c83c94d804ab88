import { createHash } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { signHex, signStandard } from "../signature/sign.ts";
import { requestUrl, Unreachable } from "./request.ts";
import type { Letter } from "./forward-order.ts";
import { withoutLineEnd } from "./lines.ts";
import { backoffMs, retryAfterMs } from "./backoff.ts";
import { createSlots } from "./slots.ts";

const SILENCE_LIMIT_MS = 30_000;

/** Counts for the metrics. */
export interface ForwardCounts {
  delivered: number;
  failedAttempts: number;
  deadLetters: number;
}

export interface ForwardPostOptions {
  readonly to: URL;
  readonly secret: string;
  /** The maximum number of requests at once. */
  readonly concurrency: number;
  /** After `maxAttempts` a message is passed to `keep`; if undefined, it is retried indefinitely. */
  readonly giveUp?: { readonly maxAttempts: number; readonly keep: (line: Uint8Array) => Promise<void> } | undefined;
  readonly counts: ForwardCounts;
  wait(ms: number): Promise<void>;
}

interface Attempt {
  readonly ok: boolean;
  readonly retryAfter?: string | undefined;
}

/**
 * Creates the function that posts a message until the receiver accepts it with a status from 200 to 299. The wait between
 * attempts grows, with jitter. `Retry-After` delays every message.
 */
export function createForwardPost({
  to,
  secret,
  concurrency,
  giveUp,
  counts,
  wait,
}: ForwardPostOptions): (letter: Letter) => Promise<void> {
  const agent = new (to.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: concurrency });
  const inSlot = createSlots(concurrency);
  let held: Promise<unknown> = Promise.resolve();

  async function attempt(line: Uint8Array, id: string): Promise<Attempt> {
    const body = withoutLineEnd(line);
    const timestampSeconds = Math.floor(Date.now() / 1000);
    const headers = {
      "Content-Type": "application/json",
      "X-Signature": signHex(body, secret),
      "webhook-id": id,
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": signStandard(body, { id, timestampSeconds, secret }),
    };
    try {
      const response = await requestUrl(to, { method: "POST", headers, body, agent, silenceLimitMs: SILENCE_LIMIT_MS });
      // The body is read so that the connection can be reused; only the status matters.
      response.on("error", () => {}).resume();
      const { statusCode = 0 } = response;
      return { ok: statusCode >= 200 && statusCode < 300, retryAfter: response.headers["retry-after"] };
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { ok: false };
    }
  }

  return async ({ line, messageId }) => {
    const id = idOf(messageId);
    for (let failures = 0; ;) {
      const { ok, retryAfter } = await inSlot(async () => {
        await held;
        return attempt(line, id);
      });
      if (ok) {
        counts.delivered += 1;
        return;
      }
      failures += 1;
      counts.failedAttempts += 1;
      if (giveUp !== undefined && failures >= giveUp.maxAttempts) {
        await giveUp.keep(line);
        counts.deadLetters += 1;
        return;
      }
      const ms = retryAfterMs(retryAfter, Date.now());
      if (ms === undefined) await wait(backoffMs(failures - 1, Math.random()));
      else held = Promise.all([held, wait(ms)]);
    }
  };
}

/** The `webhook-id`: the same for every attempt at a message, and valid in a header whatever the message's id contains. */
function idOf(messageId: string): string {
  return `msg_${createHash("sha256").update(messageId).digest("base64url").slice(0, 32)}`;
}
