import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { StoreUnavailable, type Clock, type ExchangeObserver } from "../core/ports.ts";
import type { Refusal } from "../core/outcome.ts";
import type { Authorize } from "./access.ts";
import { discardRest, readBody } from "./body.ts";
import { clientAddress } from "./client-address.ts";
import type { Reply, Request } from "./message.ts";
import { refuse, respond, STATUS } from "./respond.ts";
import type { Match, Router } from "./router.ts";

export interface ExchangeOptions {
  readonly router: Router;
  readonly authorize: Authorize;
  readonly observer: ExchangeObserver;
  readonly clock: Clock;
  readonly bodyLimitBytes: number;
  readonly trustedProxies: number;
  /** True once a stop has begun: every answer then closes its connection. */
  readonly stopping: () => boolean;
}

export type Exchange = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** THE SEAM: match, admit, handle, respond, observe. The one place that catches faults. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { router, authorize, observer, clock } = options;

  function toRequest(req: IncomingMessage, res: ServerResponse, target: Target, parameter: string): Request {
    return {
      query: target.query,
      parameter,
      headers: req.headers,
      clientAddress: () => clientAddress(req, options.trustedProxies),
      receivedAtMs: clock.nowMs(),
      readBody() {
        const body = readBody(req, options.bodyLimitBytes);
        // A body that is refused for its announced size must not be asked for (RFC 9110, section 10.1.1).
        if (expectsContinue(req) && !isTooLarge(req, options.bodyLimitBytes)) res.writeContinue();
        return body;
      },
    };
  }

  async function answer(req: IncomingMessage, res: ServerResponse, target: Target, match: Match): Promise<Reply> {
    const malformed = checkHead(req);
    if (malformed !== undefined) return refuse(malformed);
    if (match.kind === "options") return { status: 204, body: "", headers: { Allow: match.allow } };
    const { access } = match.kind === "route" ? match.route : match;
    if (access === "token") {
      const refusal = authorize(req.headers.authorization);
      if (refusal !== undefined) return refuse(refusal);
    }
    if (match.kind === "refusal") return refuse(match.refusal);
    return match.route.handle(toRequest(req, res, target, match.parameter));
  }

  return async (req, res) => {
    const startedAt = performance.now();
    const method = req.method ?? "-";
    const target = splitTarget(req.url ?? "");
    const match = router(method, target.path);
    const sent = req.headers["x-request-id"];
    const requestId = typeof sent === "string" && REQUEST_ID.test(sent) ? sent : randomUUID();
    let reply: Reply;
    let fault: string | undefined;
    try {
      reply = await answer(req, res, target, match);
    } catch (error) {
      fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
      reply = refuse(error instanceof StoreUnavailable ? UNAVAILABLE : INTERNAL_ERROR);
    }
    respond(res, reply, { requestId, close: options.stopping() || leavesUnknownFraming(reply) });
    if (!req.complete) discardRest(req, res);
    observer.finished({
      requestId,
      method,
      path: target.path,
      route: match.kind === "route" ? match.route.path : match.path,
      status: reply.status,
      durationMs: performance.now() - startedAt,
      delivery: reply.delivery,
      fault,
    });
  };
}

/** After a malformed or unfinished request nobody knows where the next one would start. */
function leavesUnknownFraming(reply: Reply): boolean {
  return reply.status === STATUS.bad_request || reply.status === STATUS.request_timeout;
}

const UNAVAILABLE: Refusal = {
  code: "unavailable",
  detail: "the database cannot answer now, try again later",
  headers: { "Retry-After": "1" },
};
const INTERNAL_ERROR: Refusal = { code: "internal_error", detail: "internal error" };

interface Target {
  readonly path: string;
  readonly query: string;
}

/** Splits a request target in origin form or absolute form (RFC 9112, section 3.2). */
function splitTarget(target: string): Target {
  const origin = target.startsWith("/") || target === "*" ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const mark = origin.indexOf("?");
  return mark === -1 ? { path: origin, query: "" } : { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}

/** What Node's parser lets pass and RFC 9112, sections 2.3 and 3.2, does not. */
function checkHead(req: IncomingMessage): Refusal | undefined {
  if (req.httpVersionMajor !== 1 || req.httpVersionMinor > 1) {
    return { code: "bad_request", detail: "the HTTP version must be 1.0 or 1.1" };
  }
  let hosts = 0;
  const { rawHeaders } = req;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name !== undefined && name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1 || (hosts === 0 && req.httpVersionMinor === 1)) {
    return { code: "bad_request", detail: "the request must have exactly one Host header" };
  }
  // HTTP/1.0 knows no expectations; a server ignores them there (RFC 9110, section 10.1.1).
  if (expectsContinue(req) && req.headers.expect?.toLowerCase() !== "100-continue") {
    return { code: "expectation_failed", detail: "the only expectation that can be met is 100-continue" };
  }
  return undefined;
}

function expectsContinue(req: IncomingMessage): boolean {
  return req.headers.expect !== undefined && req.httpVersionMinor === 1;
}

function isTooLarge(req: IncomingMessage, limitBytes: number): boolean {
  return Number(req.headers["content-length"] ?? 0) > limitBytes;
}
