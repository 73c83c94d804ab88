import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ExchangeObserver } from "../core/exchange.ts";
import type { Refusal } from "../core/outcome.ts";
import { fullAddress } from "./address-key.ts";
import { errorBody, STATUS } from "./respond.ts";
import { JSON_TYPE } from "../api/media-types.ts";
import { REFUSALS } from "../api/refusals.ts";

/** How long a client that is still sending when it is refused may continue, so that it sees the response and not a reset. */
const LINGER_MS = 2_000;

/** By the error codes of Node's HTTP parser and of its timeouts. */
const OF_ERROR: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: REFUSALS.late,
  HPE_HEADER_OVERFLOW: REFUSALS.largeHeaders,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: REFUSALS.largeExtensions,
  HPE_INVALID_METHOD: REFUSALS.unknownMethod,
};

/** The refusal for an error from the parser or a timeout. */
export function parserRefusal(errorCode: string | undefined): Refusal {
  return OF_ERROR[errorCode ?? ""] ?? REFUSALS.malformed;
}

/** Responds to something that never became a request, with JSON and one log line, and ends the connection. */
export function refuseUnparsed(socket: Duplex, refusal: Refusal, observer: ExchangeObserver): void {
  // An earlier response has already ended the connection, so this is not a request.
  if (!socket.writable) return;
  const requestId = randomUUID();
  const status = STATUS[refusal.code];
  const body = errorBody(refusal);
  const client = socket instanceof Socket ? fullAddress(socket.remoteAddress ?? "") : undefined;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `X-Request-ID: ${requestId}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "X-Content-Type-Options: nosniff",
    "Cache-Control: no-store",
    "Connection: close",
  ];
  // Node passes the socket of a CONNECT without a listener of its own: a reset would end the process.
  socket.on("error", () => socket.destroy());
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(deadline));
  socket.resume();
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  observer.finished({ requestId, method: "-", path: "-", route: undefined, status, durationMs: 0, client });
}
