import type { IncomingMessage, ServerResponse } from "node:http";
import { largeBody, REFUSALS } from "../api/refusals.ts";
import type { Outcome, Refusal } from "../core/outcome.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { readList } from "./header-list.ts";

// A client that gets an early response may continue to send within these limits, so that it sees the response and not a reset.
const DISCARD_LIMIT_BYTES = 64 * 1024 * 1024;
const DISCARD_LIMIT_MS = 5_000;

/**
 * After this much, the rest of a body waits for the next event-loop iteration. Otherwise Node reads up to 2 MB from a connection
 * before it turns to the next one, so that a few large bodies would delay all other clients.
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

/** A body may take this much memory without the budget, so that a message without large texts is never refused. */
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
  return readList(headers["content-encoding"]).every((coding) => coding === "identity") ? undefined : REFUSALS.encodedBody;
}

/**
 * Reads a whole body that `refuseUnread` does not refuse, and stops if it exceeds `limitBytes`. Memory beyond 16 KiB is taken
 * from `budget`; if not enough is left there, the body is refused with `unavailable`.
 */
export function readBody(req: IncomingMessage, limitBytes: number, budget: ByteBudget): Promise<Outcome<Uint8Array>> {
  return new Promise((resolve) => {
    /** The only chunk so far: usually the whole body. */
    let only: Buffer | undefined;
    let large: GrowingBody | undefined;
    let sizeBytes = 0;
    let pacedBytes = 0;

    function settle(outcome: Outcome<Uint8Array>): void {
      req.off(REFUSED, onRefused);
      req.off("data", onData);
      large?.release();
      only = undefined;
      large = undefined;
      resolve(outcome);
    }

    function onRefused(refusal: Refusal): void {
      settle({ ok: false, error: refusal });
    }

    function onData(chunk: Buffer): void {
      const isFirst = sizeBytes === 0;
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        settle({ ok: false, error: largeBody(limitBytes) });
      } else if (isFirst && sizeBytes <= FREE_BYTES) {
        only = chunk;
      } else {
        large ??= createGrowingBody(limitBytes, budget, only);
        only = undefined;
        if (!large.append(chunk)) settle(TOO_MUCH_AT_ONCE);
      }
      if (sizeBytes - pacedBytes < BYTES_PER_ITERATION) return;
      pacedBytes = sizeBytes;
      pauseForIteration(req);
    }

    function onClosed(): void {
      settle(CLOSED_EARLY);
    }

    req.on(REFUSED, onRefused);
    req.on("data", onData);
    req.on("end", () => settle({ ok: true, value: only ?? large?.whole() ?? new Uint8Array() }));
    req.on("close", onClosed);
    // Emitted for a reset, before 'close'.
    req.on("error", onClosed);
  });
}

/** A body of several chunks, in one buffer that grows. A list of chunks would take a hundred times their size if each had one byte. */
interface GrowingBody {
  /** False if the budget has no room for it. */
  append(chunk: Buffer): boolean;
  whole(): Uint8Array;
  release(): void;
}

function createGrowingBody(limitBytes: number, budget: ByteBudget, first: Buffer | undefined): GrowingBody {
  let held = first;
  let sizeBytes = first?.length ?? 0;
  let takenBytes = 0;

  function take(bytes: number): boolean {
    const moreBytes = bytes - FREE_BYTES - takenBytes;
    if (moreBytes <= 0) return true;
    if (!budget.take(moreBytes)) return false;
    takenBytes += moreBytes;
    return true;
  }

  return {
    append(chunk) {
      const neededBytes = sizeBytes + chunk.length;
      if (held === undefined) {
        if (!take(neededBytes)) return false;
        held = chunk;
      } else if (neededBytes <= held.length) {
        held.set(chunk, sizeBytes);
      } else {
        const capacityBytes = Math.min(limitBytes, 2 * neededBytes);
        if (!take(capacityBytes)) return false;
        const grown = Buffer.allocUnsafeSlow(capacityBytes);
        grown.set(held.subarray(0, sizeBytes));
        grown.set(chunk, sizeBytes);
        held = grown;
      }
      sizeBytes = neededBytes;
      return true;
    },
    whole: () => held?.subarray(0, sizeBytes) ?? new Uint8Array(),
    release: () => budget.giveBack(takenBytes),
  };
}

function pauseForIteration(req: IncomingMessage): void {
  req.pause();
  setImmediate(() => req.resume());
}

/** Whether the announced length is so large that `discardRest` will cut the body off. */
export function isEndless(req: IncomingMessage): boolean {
  return !req.complete && Number(req.headers["content-length"] ?? 0) > DISCARD_LIMIT_BYTES;
}

/**
 * Reads and discards the rest of a body on which the response does not depend, within limits, then destroys the connection. If the
 * response closes the connection, only the sending side is closed until then (RFC 9112, section 9.6). Call it before the response
 * is written.
 */
export function discardRest(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  if (socket.destroyed) return;
  let discardedBytes = 0;
  let pacedBytes = 0;
  // Node calls `destroySoon` after the last response. On a destroyed socket, further data would cause a reset, and the client would
  // lose a response that it has not read.
  Object.assign(socket, { destroySoon: () => void socket.end() });
  const deadline = setTimeout(() => destroyAfter(req, res), DISCARD_LIMIT_MS);
  function onData(chunk: Buffer): void {
    discardedBytes += chunk.length;
    if (discardedBytes > DISCARD_LIMIT_BYTES) {
      req.off("data", onData);
      destroyAfter(req, res);
    } else if (discardedBytes - pacedBytes >= BYTES_PER_ITERATION) {
      pacedBytes = discardedBytes;
      pauseForIteration(req);
    }
  }
  function finish(): void {
    clearTimeout(deadline);
    socket.off("close", finish);
    Reflect.deleteProperty(socket, "destroySoon");
    if (socket.writableEnded) socket.destroySoon();
  }
  req.on("data", onData);
  req.once("end", finish);
  // A request that has its response gets no event when its connection closes.
  socket.once("close", finish);
}

/** Destroys the connection of a request whose body is not needed, once its response and those before it are written. */
export function destroyAfter(req: IncomingMessage, res: ServerResponse): void {
  if (res.writableFinished) req.destroy();
  else res.once("finish", () => req.destroy());
}
