import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { REFUSALS } from "../api/refusals.ts";
import type { Clock } from "../core/clock.ts";
import type { ExchangeObserver, FinishedStream } from "../core/exchange.ts";
import { ReadCancelled, StoreUnavailable } from "../core/store.ts";
import type { Refusal } from "../core/outcome.ts";
import type { Authorize } from "./access.ts";
import { discardRest, isEndless, readBody, refuseUnread } from "./body.ts";
import { createByteBudget } from "./byte-budget.ts";
import { clientAddress, fullClientAddress } from "./client-address.ts";
import { type ClientWatch, watchClient } from "./client-watch.ts";
import { describeFault } from "./describe-fault.ts";
import { readList } from "./header-list.ts";
import type { Request, Response } from "./message.ts";
import { refuse, respond } from "./respond.ts";
import type { Match, Router } from "./router.ts";
import { createStreams } from "./streams.ts";
import { readTraceId } from "./trace-id.ts";

export interface ExchangeOptions {
  readonly router: Router;
  readonly authorize: Authorize;
  readonly observer: ExchangeObserver;
  readonly clock: Clock;
  readonly bodyLimitBytes: number;
  readonly trustedProxies: number;
  /** True once a stop has begun: every response then closes its connection. */
  readonly stopping: () => boolean;
  /** How often to check whether a client that has ended its sending side is still there, in milliseconds; 1,000 by default. */
  readonly probeClientMs?: number;
}

export interface Circumstances {
  /** Whether earlier requests of the connection still wait for their responses. */
  readonly pipelined: boolean;
  /** A refusal of the request, whatever its target; the connection is then closed. */
  readonly refusal: Refusal | undefined;
  /** See `Request`. */
  readonly erasure?: Request["erasure"];
}

export interface Exchange {
  /** Never rejects; settles once the response has been handed to the socket. */
  handle(req: IncomingMessage, res: ServerResponse, circumstances: Circumstances): Promise<void>;
  /** Ends streamed responses, which would delay a stop; further ones are refused. */
  endStreams(): void;
}

/** The limit for partly read bodies of all connections together; bodies no larger than most messages do not count. */
const BODIES_LIMIT_BYTES = 64 * 1024 * 1024;
/** The limit for responses that clients have not read yet, in UTF-16 units, each of up to four bytes. */
const BUFFERED_LIMIT = 16 * 1024 * 1024;
/** The maximum number of tails, and of exports. Each holds a connection and a chunk of its body, of up to about 100 KB. */
export const MAX_STREAMS = 64;
const PROBE_CLIENT_MS = 1_000;
/** Smaller responses are not counted: the system's own buffers hold them. */
const COUNTED_RESPONSE = 8 * 1024;

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** THE SEAM: match, admit, handle, respond, observe. The only place that catches faults. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { router, authorize, observer, clock, probeClientMs = PROBE_CLIENT_MS } = options;
  const bodies = createByteBudget(BODIES_LIMIT_BYTES);
  const buffered = createByteBudget(BUFFERED_LIMIT);
  const streams = createStreams({ buffered, maxOpen: MAX_STREAMS, nowMs: clock.nowMs });

  function toRequest(peer: Peer, target: Target, { parameter, erasure }: Addressed): Request {
    const { req, res } = peer;
    return {
      signal() {
        peer.watch ??= watchClient(req, res, probeClientMs);
        return peer.watch.signal;
      },
      target: target.query === "" ? target.path : `${target.path}?${target.query}`,
      query: target.query,
      parameter,
      headers: req.headers,
      clientAddress: () => clientAddress(req, options.trustedProxies),
      receivedAtMs: clock.nowMs(),
      erasure,
      readBody() {
        const refusal = refuseUnread(req, options.bodyLimitBytes);
        if (refusal !== undefined) return Promise.resolve({ ok: false, error: refusal });
        const body = readBody(req, options.bodyLimitBytes, bodies);
        // A client must not be asked to send a body that is refused because of its head (RFC 9110, section 10.1.1).
        if (expectations(req).length > 0) res.writeContinue();
        return body;
      },
    };
  }

  async function responseTo(peer: Peer, target: Target, match: Match, circumstances: Circumstances): Promise<Response> {
    const { req } = peer;
    if (circumstances.refusal !== undefined) return refuseUnseen(circumstances.refusal, match);
    if (expectations(req).some((name) => name !== "100-continue")) return refuse(REFUSALS.unknownExpectation);
    if (match.kind === "options") return { status: 204, body: "", headers: { Allow: match.allow } };
    const { access } = match.kind === "route" ? match.route : match;
    if (access === "token") {
      const refusal = authorize(req.headers.authorization);
      if (refusal !== undefined) return refuse(refusal);
    }
    if (match.kind === "refusal") return refuse(match.refusal);
    // Health checks and scrapes must always work. So a route that shows no messages is served even if the limit is reached, unless
    // its connection has earlier requests in progress.
    const mayWait = access === "token" || circumstances.pipelined;
    if (mayWait && buffered.exhausted()) return refuseUnseen(REFUSALS.bufferedResponses, match);
    const response = await match.route.handle(toRequest(peer, target, { parameter: match.parameter, erasure: circumstances.erasure }));
    // Many requests may have passed the first check before the first of them got its response.
    return mayWait && response.body.length >= COUNTED_RESPONSE && buffered.exhausted() ? refuse(REFUSALS.bufferedResponses) : response;
  }

  function countBuffered(res: ServerResponse, bytes: number): void {
    if (res.closed) return;
    buffered.overdraw(bytes);
    // Emitted after the response is written, and also if the connection is lost.
    res.once("close", () => buffered.giveBack(bytes));
  }

  async function handle(req: IncomingMessage, res: ServerResponse, circumstances: Circumstances): Promise<void> {
    const startedAt = performance.now();
    const method = req.method ?? "-";
    // Read now: a closed connection has no address.
    const address = fullClientAddress(req, options.trustedProxies);
    const peer: Peer = { req, res, watch: undefined };
    const target = splitTarget(req.url ?? "");
    const match = router(method, target.path);
    const sent = req.headers["x-request-id"];
    const requestId = typeof sent === "string" && REQUEST_ID.test(sent) ? sent : randomUUID();
    let response: Response;
    let fault: string | undefined;
    try {
      response = await responseTo(peer, target, match, circumstances);
    } catch (error) {
      fault = describeFault(error);
      response = refuse(refusalOf(error));
    }
    peer.watch?.stop();
    if (response.stream !== undefined) {
      const refusal = streams.refusal(response.stream);
      if (refusal !== undefined) response = refuse(refusal);
    }
    if (response.inDoubt) {
      fault = NO_RESPONSE;
      // `destroySoon` lets earlier responses of this connection be written first.
      req.socket.destroySoon();
    } else {
      if (!req.complete) discardRest(req, res);
      respond(res, response, { requestId, close: options.stopping() || circumstances.refusal !== undefined || isEndless(req) });
      if (response.body.length >= COUNTED_RESPONSE) countBuffered(res, response.body.length);
    }
    const durationMs = performance.now() - startedAt;
    let stream: FinishedStream | undefined;
    if (response.stream !== undefined && method !== "HEAD") {
      const finished = await streams.write(res, response.stream);
      stream = finished;
      fault = finished.fault;
    }
    observer.finished({
      requestId,
      method,
      path: target.path,
      route: match.kind === "route" ? match.route.path : match.path,
      status: response.status,
      durationMs,
      stream,
      client: address,
      errors: response.errors,
      traceId: readTraceId(req.headers["traceparent"]),
      delivery: response.delivery,
      fault,
    });
  }

  return { handle, endStreams: streams.stop };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof ReadCancelled) return REFUSALS.clientGone;
  return error instanceof StoreUnavailable ? REFUSALS.databaseSilent : REFUSALS.defect;
}

/** A refusal without a handler. */
function refuseUnseen(refusal: Refusal, match: Match): Response {
  const isDelivery = match.kind === "route" && match.route.takesDeliveries === true;
  const response = refuse(refusal);
  return isDelivery && refusal.code === "unavailable" ? { ...response, delivery: { result: refusal.code } } : response;
}

const NO_RESPONSE = "the connection was closed without a response: it is unknown whether the message is stored";

interface Peer {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Set once the handler checks whether the client is still there. */
  watch: ClientWatch | undefined;
}

interface Addressed extends Pick<Circumstances, "erasure"> {
  readonly parameter: string;
}

interface Target {
  readonly path: string;
  readonly query: string;
}

/** Splits a request target in origin form or absolute form, in which an empty path is `/` (RFC 9112, section 3.2). */
function splitTarget(target: string): Target {
  const origin = target.startsWith("/") || target === "*" ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*\/?/i, "/");
  const mark = origin.indexOf("?");
  return mark === -1 ? { path: origin, query: "" } : { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}

/** What the client expects (RFC 9110, section 10.1.1); HTTP/1.0 has no expectations, so a server ignores them. */
function expectations({ headers, httpVersionMinor }: IncomingMessage): readonly string[] {
  return httpVersionMinor === 0 ? [] : readList(headers.expect);
}
