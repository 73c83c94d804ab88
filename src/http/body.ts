import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Outcome, Refusal } from "../core/outcome.ts";

// A client that is answered early may still send so much, so that it sees the answer and not a reset.
const DISCARD_LIMIT_BYTES = 1024 * 1024;
const DISCARD_LIMIT_MS = 2_000;

const CLOSED_EARLY: Outcome<never> = {
  ok: false,
  error: { code: "bad_request", detail: "the connection closed before the body was complete" },
};

// The parser reports a broken or late body on the socket, not on the request.
const reading = new WeakMap<Socket, (refusal: Refusal) => void>();

/** Ends the body that is being read from `socket` with a refusal; false where none is. */
export function refuseBody(socket: Socket, refusal: Refusal): boolean {
  const end = reading.get(socket);
  end?.(refusal);
  return end !== undefined;
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
    const { socket } = req;
    let body: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let sizeBytes = 0;

    function settle(outcome: Outcome<Uint8Array>): void {
      reading.delete(socket);
      resolve(outcome);
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

    reading.set(socket, (refusal) => settle({ ok: false, error: refusal }));
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
export function discardRest(req: IncomingMessage): void {
  let discardedBytes = 0;
  const deadline = setTimeout(() => req.destroy(), DISCARD_LIMIT_MS);
  req.on("data", (chunk: Buffer) => {
    discardedBytes += chunk.length;
    if (discardedBytes > DISCARD_LIMIT_BYTES) req.destroy();
  });
  req.once("close", () => clearTimeout(deadline));
}
