import type { IncomingMessage, ServerResponse } from "node:http";
import { largeBody, REFUSALS } from "../api/refusals.ts";
import type { Outcome, Refusal } from "../core/outcome.ts";
import type { ByteBudget } from "./byte-budget.ts";

// A client that gets an early response may continue to send within these limits, so that it sees the response and not a reset.
const DISCARD_LIMIT_BYTES = 64 * 1024 * 1024;
const DISCARD_LIMIT_MS = 5_000;

/**
 * After this much, the rest of a body waits for the next event-loop iteration. Otherwise Node reads up to 2 MB from a connection
 * before it turns to the next one, so that a few large bodies keep everybody waiting.
 */
const BYTES_PER_ITERATION = 64 * 1024;

const CLOSED_EARLY: Outcome<never> = {
  ok: false,
  error: { code: "bad_request", detail: "the connection closed before the body was complete" },
};

const TOO_MUCH_AT_ONCE: Outcome<never> = {
  ok: false,
  error: REFUSALS.largeBodies,
};

/** A body may always take this much memory: a message without large texts always gets through. */
const FREE_BYTES = 16 * 1024;

/** Emitted on a request, since the parser reports a malformed or late body only on the socket. */
const REFUSED: unique symbol = Symbol("refused");

/** Ends the reading of `req`'s body with a refusal; false if no body is being read. */
export function refuseBody(req: IncomingMessage, refusal: Refusal): boolean {
  return req.emit(REFUSED, refusal);
}

/**
 * Why a body is refused because of its head: `too_large` if it announces more than `limitBytes`; `unsupported_encoding` if it
 * is compressed (RFC 9110, section 15.5.16), since the signature covers the bytes as sent.
 */
export function refuseUnread({ headers }: IncomingMessage, limitBytes: number): Refusal | undefined {
  if (Number(headers["content-length"] ?? 0) > limitBytes) return largeBody(limitBytes);
  const encoding = headers["content-encoding"];
  if (encoding === undefined || /^(?:identity|[\s,])*$/i.test(encoding)) return undefined;
  return REFUSALS.encodedBody;
}

/**
 * Reads a whole body that `refuseUnread` does not refuse, and stops if it exceeds `limitBytes`. Memory beyond 16 KiB is taken
 * from `budget`; if nothing is left there, the body is refused with `unavailable`.
 */
export function readBody(req: IncomingMessage, limitBytes: number, budget: ByteBudget): Promise<Outcome<Uint8Array>> {
  return new Promise((resolve) => {
    /** The first chunk, which is usually the whole body; from the second chunk on, a buffer that grows. */
    let body: Buffer | undefined;
    let sizeBytes = 0;
    let takenBytes = 0;
    const pace = createPace(req);

    function settle(outcome: Outcome<Uint8Array>): void {
      req.off(REFUSED, onRefused);
      req.off("data", onData);
      body = undefined;
      budget.giveBack(takenBytes);
      takenBytes = 0;
      resolve(outcome);
    }

    /** False if the budget has no room for a body of this size. */
    function hold(bytes: number): boolean {
      const moreBytes = bytes - FREE_BYTES - takenBytes;
      if (moreBytes <= 0) return true;
      if (!budget.take(moreBytes)) return false;
      takenBytes += moreBytes;
      return true;
    }

    /** Copied, since a list of one-byte chunks would take a hundred times their size. */
    function append(held: Buffer, chunk: Buffer): boolean {
      const neededBytes = sizeBytes + chunk.length;
      if (neededBytes <= held.length) {
        held.set(chunk, sizeBytes);
        return true;
      }
      const capacityBytes = Math.min(limitBytes, 2 * neededBytes);
      if (!hold(capacityBytes)) return false;
      body = Buffer.allocUnsafeSlow(capacityBytes);
      body.set(held.subarray(0, sizeBytes));
      body.set(chunk, sizeBytes);
      return true;
    }

    function onRefused(refusal: Refusal): void {
      settle({ ok: false, error: refusal });
    }

    function onData(chunk: Buffer): void {
      if (sizeBytes + chunk.length > limitBytes) {
        settle({ ok: false, error: largeBody(limitBytes) });
        return;
      }
      const held = body === undefined ? hold(chunk.length) : append(body, chunk);
      if (!held) {
        settle(TOO_MUCH_AT_ONCE);
        return;
      }
      body ??= chunk;
      sizeBytes += chunk.length;
      pace(chunk);
    }

    req.on(REFUSED, onRefused);
    req.on("data", onData);
    req.on("end", () => settle({ ok: true, value: body?.subarray(0, sizeBytes) ?? new Uint8Array() }));
    req.on("close", () => settle(CLOSED_EARLY));
    // A reset surfaces here too; 'close' follows.
    req.on("error", () => settle(CLOSED_EARLY));
  });
}

/** Called with each chunk of a body, pauses it when `BYTES_PER_ITERATION` have been read. */
function createPace(req: IncomingMessage): (chunk: Buffer) => void {
  let bytes = 0;
  return ({ length }) => {
    bytes += length;
    if (bytes < BYTES_PER_ITERATION) return;
    bytes = 0;
    req.pause();
    setImmediate(() => req.resume());
  };
}

/** Whether the announced length is so large that `discardRest` will cut the body off. */
export function isEndless(req: IncomingMessage): boolean {
  return !req.complete && Number(req.headers["content-length"] ?? 0) > DISCARD_LIMIT_BYTES;
}

/**
 * Lets a request finish its body within limits, although the response no longer depends on it, then cuts it off. If the
 * response closes the connection, only the sending side ends until then (RFC 9112, section 9.6). Call it before the response is
 * written.
 */
export function discardRest(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  if (socket.destroyed) return;
  let discardedBytes = 0;
  const pace = createPace(req);
  // Node calls it after the last response. Later data would be answered with a reset, which discards the response that the
  // client has not read.
  Object.assign(socket, { destroySoon: () => void socket.end() });
  const deadline = setTimeout(() => destroyAfter(req, res), DISCARD_LIMIT_MS);
  function onData(chunk: Buffer): void {
    discardedBytes += chunk.length;
    pace(chunk);
    if (discardedBytes <= DISCARD_LIMIT_BYTES) return;
    req.off("data", onData);
    destroyAfter(req, res);
  }
  function finish(): void {
    clearTimeout(deadline);
    socket.off("close", finish);
    Reflect.deleteProperty(socket, "destroySoon");
    if (socket.writableEnded) socket.destroySoon();
  }
  req.on("data", onData);
  req.once("end", finish);
  // A request that has its response is not told when its connection closes.
  socket.once("close", finish);
}

/** Destroys the connection of a request whose body nobody needs, once its response and those before it are written. */
export function destroyAfter(req: IncomingMessage, res: ServerResponse): void {
  if (res.writableFinished) req.destroy();
  else res.once("finish", () => req.destroy());
}
