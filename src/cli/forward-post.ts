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

/** What becomes of the attempts, for the metrics. */
export interface ForwardCounts {
  delivered: number;
  failedAttempts: number;
  deadLetters: number;
}

export interface ForwardPostOptions {
  readonly to: URL;
  readonly secret: string;
  /** The most requests at once. */
  readonly concurrency: number;
  /** A message is handed to `keep` after `maxAttempts`; without this it is tried indefinitely. */
  readonly giveUp?: { readonly maxAttempts: number; readonly keep: (line: Uint8Array) => Promise<void> } | undefined;
  readonly counts: ForwardCounts;
  wait(ms: number): Promise<void>;
}

interface Attempt {
  readonly ok: boolean;
  readonly retryAfter?: string | undefined;
}

/**
 * Makes the function that posts a message until the receiver takes it, which is what any status from 200 to 299 says.
 * Between attempts it waits longer each time, with chance in it. `Retry-After` holds every message back.
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
      const answer = await requestUrl(to, { method: "POST", headers, body, agent, silenceLimitMs: SILENCE_LIMIT_MS });
      // Read, so that the connection can be used again; the status is all that counts.
      answer.on("error", () => {}).resume();
      const { statusCode = 0 } = answer;
      return { ok: statusCode >= 200 && statusCode < 300, retryAfter: answer.headers["retry-after"] };
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

/** The same for every attempt at a message, and fit for a header whatever the id holds. */
function idOf(messageId: string): string {
  return `msg_${createHash("sha256").update(messageId).digest("base64url").slice(0, 32)}`;
}
