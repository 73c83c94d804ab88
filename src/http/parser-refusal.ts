import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ExchangeObserver } from "../core/ports.ts";
import type { Refusal } from "../core/outcome.ts";
import { refuseBody } from "./body.ts";
import { errorBody, JSON_TYPE, STATUS } from "./respond.ts";

/** By the error codes of Node's HTTP parser and of its timeouts. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { code: "request_timeout", detail: "the request must be complete in time" },
  HPE_HEADER_OVERFLOW: { code: "headers_too_large", detail: "the headers must be at most 16384 bytes" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { code: "too_large", detail: "the chunk extensions must be at most 16384 bytes" },
  HPE_INVALID_METHOD: { code: "bad_request", detail: "the method must be one that this server knows" },
};
const MALFORMED: Refusal = { code: "bad_request", detail: "the request must be well-formed HTTP/1.1" };

/** Answers what the parser refused, and what never became a request, like any other error: with JSON, and one log line. */
export function refuseConnection(socket: Duplex, observer: ExchangeObserver, errorCode: string | undefined): void {
  const refusal = REFUSALS[errorCode ?? ""] ?? MALFORMED;
  if (socket instanceof Socket && refuseBody(socket, refusal)) return;
  if (errorCode === "ECONNRESET" || errorCode === "EPIPE" || !socket.writable) {
    socket.destroy();
    return;
  }
  if (endAfterPending(socket)) return;

  const requestId = randomUUID();
  const status = STATUS[refusal.code];
  const body = errorBody(refusal);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `X-Request-ID: ${requestId}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  observer.finished({ requestId, method: "-", path: "-", route: undefined, status, durationMs: 0 });
}

/**
 * An earlier request on this connection still awaits its answer: an error written now would be taken for
 * it. Let that answer close the connection instead. `_httpMessage` is where Node keeps it.
 */
function endAfterPending(socket: Duplex): boolean {
  if (!("_httpMessage" in socket)) return false;
  const pending = socket._httpMessage;
  if (typeof pending !== "object" || pending === null) return false;
  Object.assign(pending, { shouldKeepAlive: false });
  return true;
}
