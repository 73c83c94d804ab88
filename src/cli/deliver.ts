import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { signHex } from "../signature/sign.ts";
import { isTemporary, readResponse, request, Unreachable } from "./request.ts";
import { createBackoff } from "./backoff.ts";

const SILENCE_LIMIT_MS = 30_000;
/** The most waiting before a message is given up. */
const PATIENCE_MS = 300_000;

export interface DelivererOptions {
  readonly service: URL;
  readonly secret: string;
  /** Whether to try again what may succeed later. */
  readonly retry: boolean;
  wait(ms: number): Promise<void>;
}

export interface Delivered {
  readonly status: number;
  readonly body: string;
}

export interface Deliverer {
  /**
   * Signs a body and posts it. Rejects with `Unreachable` if no response comes. Sending again is safe: the service stores a
   * message once.
   */
  post(body: Uint8Array): Promise<Delivered>;
  /** Ends its idle connections. */
  close(): void;
}

/** Delivers over connections that stay open. With `retry` it waits and tries again if the service cannot store for now. */
export function createDeliverer({ service, secret, retry, wait }: DelivererOptions): Deliverer {
  const agent = new (service.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const backoff = createBackoff({ wait, limitMs: PATIENCE_MS });

  async function attempt(body: Uint8Array): Promise<Delivered & { readonly retryAfter: string | undefined }> {
    const headers = { "Content-Type": "application/json", "X-Signature": signHex(body, secret) };
    const answer = await request(service, "/webhook", { method: "POST", headers, body, agent, silenceLimitMs: SILENCE_LIMIT_MS });
    return { status: answer.statusCode ?? 0, body: await readResponse(service, answer), retryAfter: answer.headers["retry-after"] };
  }

  return {
    async post(body) {
      for (;;) {
        let retryAfter;
        try {
          const answer = await attempt(body);
          if (answer.status === 200) backoff.succeeded();
          if (!retry || !isTemporary(answer.status)) return answer;
          retryAfter = answer.retryAfter;
          if (!(await backoff.pause(retryAfter))) return answer;
        } catch (error) {
          if (!retry || !(error instanceof Unreachable) || !(await backoff.pause(undefined))) throw error;
        }
      }
    },
    close: () => agent.destroy(),
  };
}
