import { request as requestHttp, type Agent, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";

export interface Question {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Keeps connections for the next question; without it each has its own. */
  readonly agent?: Agent;
  /** The longest that the service may be silent, before and while it answers. */
  readonly silenceLimitMs: number;
}

/** The service did not answer, or not to the end; `message` says where and why. */
export class NoAnswer extends Error {
  override name = "NoAnswer";
}

/** After so much silence the peer of a connection is asked whether it is still there. */
const KEEP_ALIVE_MS = 15_000;
const MAX_DETAIL_LENGTH = 2_000;

/**
 * Asks the service and gives its answer, whatever its status, as soon as the headers are there. Redirections are not
 * followed. Rejects with `NoAnswer`; later its body's stream may end with any error.
 *
 * @param service - the URL that the service's paths are put behind.
 * @param target - path and query.
 */
export function ask(service: URL, target: string, question: Question): Promise<IncomingMessage> {
  // As it is: a URL would take `%2E` for the folder itself.
  return askAt(service, { ...question, path: service.pathname.replace(/\/+$/, "") + target });
}

/** The same at a URL, with another path and query in place of its own if there is one. */
export function askAt(url: URL, question: Question & { readonly path?: string }): Promise<IncomingMessage> {
  const { method = "GET", headers, body, agent, silenceLimitMs, path = url.pathname + url.search } = question;
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(
      url,
      {
        method,
        path,
        headers: body === undefined ? headers : { ...headers, "Content-Length": body.length },
        agent: agent ?? false,
        timeout: silenceLimitMs,
      },
      resolve,
    );
    request.on("timeout", () => request.destroy(new Error(`silent for ${silenceLimitMs / 1000} s`)));
    request.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    request.on("error", (error) => reject(noAnswer(url, error)));
    request.end(body);
  });
}

/** Without the user and password that the URL may hold. */
export function noAnswer(service: URL, error: unknown): NoAnswer {
  const reason = error instanceof Error ? ("code" in error ? String(error.code) : error.message) : String(error);
  return new NoAnswer(`Cannot reach the service: it must answer at ${service.origin}${service.pathname.replace(/\/+$/, "")} (${reason})`);
}

/** Its whole body. Rejects with `NoAnswer` where it is cut off. */
export async function readResponse(service: URL, answer: IncomingMessage): Promise<string> {
  try {
    return await text(answer);
  } catch (error) {
    throw noAnswer(service, error);
  }
}

/** An answer in one line, fit to be shown whatever it holds. */
export function describeAnswer(status: number | undefined, body: string): string {
  return `${status ?? ""} ${body.replaceAll(/[\s\p{Cc}]+/gu, " ").trim().slice(0, MAX_DETAIL_LENGTH)}`.trim();
}

/** Whether the same question may get another answer later: the service is full, stops or starts, or a proxy in front of it says so. */
export function isTemporary(status: number | undefined): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}
