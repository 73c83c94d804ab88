import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { signHex } from "../signature/sign.ts";
import { isTemporary, readResponse, request, Unreachable } from "./request.ts";
import { createBackoff } from "./backoff.ts";

const SILENCE_LIMIT_MS = 30_000;
/** The maximum total wait before a message is given up. */
const PATIENCE_MS = 300_000;

export interface DelivererOptions {
  readonly service: URL;
  readonly secret: string;
  /** Whether to retry what may succeed later. */
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
  /** Closes idle connections. */
  close(): void;
}

/** Delivers over keep-alive connections. With `retry`, it waits and tries again if the service cannot store at the moment. */
export function createDeliverer({ service, secret, retry, wait }: DelivererOptions): Deliverer {
  const agent = new (service.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const backoff = createBackoff({ wait, limitMs: PATIENCE_MS });

  async function attempt(body: Uint8Array): Promise<Delivered & { readonly retryAfter: string | undefined }> {
    const headers = { "Content-Type": "application/json", "X-Signature": signHex(body, secret) };
    const response = await request(service, "/webhook", { method: "POST", headers, body, agent, silenceLimitMs: SILENCE_LIMIT_MS });
    return { status: response.statusCode ?? 0, body: await readResponse(service, response), retryAfter: response.headers["retry-after"] };
  }

  return {
    async post(body) {
      for (;;) {
        let retryAfter;
        try {
          const response = await attempt(body);
          if (response.status === 200) backoff.succeeded();
          if (!retry || !isTemporary(response.status)) return response;
          retryAfter = response.retryAfter;
          if (!(await backoff.pause(retryAfter))) return response;
        } catch (error) {
          if (!retry || !(error instanceof Unreachable) || !(await backoff.pause(undefined))) throw error;
        }
      }
    },
    close: () => agent.destroy(),
  };
}
