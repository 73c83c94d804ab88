import { request as requestHttp, type Agent, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Keeps connections open for further requests; without it, each request opens its own. */
  readonly agent?: Agent;
  /** How long the service may stay silent, before and during the response. */
  readonly silenceLimitMs: number;
}

/** The service sent no response, or not all of it; `message` says where and why. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** TCP keep-alive probes a connection that has been silent this long. */
const KEEP_ALIVE_MS = 15_000;
const MAX_DETAIL_LENGTH = 2_000;

/**
 * Sends a request and resolves with the response, whatever its status, once its headers have arrived. Redirects are not
 * followed. Rejects with `Unreachable`; the stream of the body may later end with any error.
 *
 * @param service - the URL to which the service's paths are appended.
 * @param target - path and query.
 */
export function request(service: URL, target: string, options: RequestOptions): Promise<IncomingMessage> {
  // Not resolved as a URL, which would take `%2E` for the folder itself.
  return requestUrl(service, { ...options, path: service.pathname.replace(/\/+$/, "") + target });
}

/** Like `request`, at a URL; `path`, if given, replaces the path and query of the URL. */
export function requestUrl(url: URL, options: RequestOptions & { readonly path?: string }): Promise<IncomingMessage> {
  const { method = "GET", headers, body, agent, silenceLimitMs, path = url.pathname + url.search } = options;
  return new Promise((resolve, reject) => {
    const clientRequest = (url.protocol === "https:" ? requestHttps : requestHttp)(
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
    clientRequest.on("timeout", () => clientRequest.destroy(new Error(`silent for ${silenceLimitMs / 1000} s`)));
    clientRequest.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    clientRequest.on("error", (error) => reject(unreachable(url, error)));
    clientRequest.end(body);
  });
}

/** An error whose text leaves out the user and password of the URL. */
export function unreachable(service: URL, error: unknown): Unreachable {
  const reason = error instanceof Error ? ("code" in error ? String(error.code) : error.message) : String(error);
  const address = service.origin + service.pathname.replace(/\/+$/, "");
  return new Unreachable(`Cannot reach the service: it must respond at ${address} (${reason})`);
}

/** The whole body. Rejects with `Unreachable` if it is cut off. */
export async function readResponse(service: URL, response: IncomingMessage): Promise<string> {
  try {
    return await text(response);
  } catch (error) {
    throw unreachable(service, error);
  }
}

/** A response on one line, safe to print whatever it contains. */
export function describeResponse(status: number | undefined, body: string): string {
  return `${status ?? ""} ${body.replaceAll(/[\s\p{Cc}]+/gu, " ").trim().slice(0, MAX_DETAIL_LENGTH)}`.trim();
}

/** Whether the same request may succeed later: the service, or a proxy in front of it, reports that it is full, stopping or starting. */
export function isTemporary(status: number | undefined): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}
