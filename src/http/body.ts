import type { IncomingMessage, ServerResponse } from "node:http";
import type { Outcome, Refusal } from "../core/outcome.ts";

// A client that is answered early may still send so much, so that it sees the answer and not a reset.
const DISCARD_LIMIT_BYTES = 1024 * 1024;
const DISCARD_LIMIT_MS = 2_000;

const CLOSED_EARLY: Outcome<never> = {
  ok: false,
  error: { code: "bad_request", detail: "the connection closed before the body was complete" },
};

/** Emitted on a request: the parser reports a broken or late body on the socket alone. */
const REFUSED: unique symbol = Symbol("refused");

/** Ends the body that is being read from `req` with a refusal; false where none is. */
export function refuseBody(req: IncomingMessage, refusal: Refusal): boolean {
  return req.emit(REFUSED, refusal);
}

/**
 * Reads a whole body of at most `limitBytes`. One that announces more is refused without reading it;
 * one that does not announce its size is cut off where it exceeds the limit.
 */
export function readBody(req: IncomingMessage, limitBytes: number): Promise<Outcome<Uint8Array>> {
  const announced = req.headers["content-length"];
  if (announced !== undefined && Number(announced) > limitBytes) {
    return Promise.resolve(tooLarge(limitBytes));
  }
  return new Promise((resolve) => {
    let body: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let sizeBytes = 0;

    function settle(outcome: Outcome<Uint8Array>): void {
      req.off(REFUSED, onRefused);
      resolve(outcome);
    }

    function onRefused(refusal: Refusal): void {
      settle({ ok: false, error: refusal });
    }

    function onData(chunk: Buffer): void {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        req.off("data", onData);
        settle(tooLarge(limitBytes));
      } else if (body === undefined) {
        body = chunk;
      } else {
        rest ??= [body];
        rest.push(chunk);
      }
    }

    req.on(REFUSED, onRefused);
    req.on("data", onData);
    req.on("end", () => settle({ ok: true, value: rest === undefined ? (body ?? new Uint8Array()) : Buffer.concat(rest) }));
    req.on("close", () => settle(CLOSED_EARLY));
    // A reset surfaces here too; 'close' follows.
    req.on("error", () => settle(CLOSED_EARLY));
  });
}

function tooLarge(limitBytes: number): Outcome<never> {
  return { ok: false, error: { code: "too_large", detail: `the body must be at most ${limitBytes} bytes` } };
}

/** Lets an answered request finish its body within bounds, then cuts it off. */
export function discardRest(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  if (socket.destroyed) return;
  let discardedBytes = 0;
  const deadline = setTimeout(() => cutOff(req, res), DISCARD_LIMIT_MS);
  function onData(chunk: Buffer): void {
    discardedBytes += chunk.length;
    if (discardedBytes <= DISCARD_LIMIT_BYTES) return;
    req.off("data", onData);
    cutOff(req, res);
  }
  function finish(): void {
    clearTimeout(deadline);
    socket.off("close", finish);
  }
  req.on("data", onData);
  req.once("end", finish);
  // An answered request does not hear that its connection has closed.
  socket.once("close", finish);
}

/** Ends the connection of a request whose body nobody wants, once its answer and those before it are out. */
export function cutOff(req: IncomingMessage, res: ServerResponse): void {
  if (res.writableFinished) req.destroy();
  else res.once("finish", () => req.destroy());
}
