import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { decode, type BackendMessage } from "./backend.ts";
import { createFrameReader } from "./frame-reader.ts";

/** Messages over a socket: first read one by one, while a connection starts, then passed on as they come. */
export interface Channel {
  send(bytes: Buffer): void;
  /** The next message; only before `listen`, and by one caller at a time. Rejects when the channel ends. */
  next(): Promise<BackendMessage>;
  /** From now on each message is passed to `take` at once; an error that it throws ends the channel. */
  listen(take: (message: BackendMessage) => void): void;
  /** Sends the last bytes and closes. */
  end(bytes: Buffer): void;
  /** Closes at once. Only the first reason is kept. */
  destroy(reason: Error): void;
  /** Settles with the reason once the socket is closed. */
  readonly closed: Promise<Error>;
}

/** Owns the socket. Data that cannot be read ends the channel with a ProtocolError. */
export function createChannel(socket: Socket): Channel {
  const read = createFrameReader();
  const early: BackendMessage[] = [];
  const closed = Promise.withResolvers<Error>();
  let reason: Error | undefined;
  let waiting: PromiseWithResolvers<BackendMessage> | undefined;
  let take = takeEarly;

  function takeEarly(message: BackendMessage): void {
    if (waiting === undefined) {
      early.push(message);
      return;
    }
    waiting.resolve(message);
    waiting = undefined;
  }

  function destroy(why: Error): void {
    reason ??= why;
    socket.destroy();
  }

  socket.on("data", (chunk: Buffer) => {
    try {
      // `listen` may replace `take` after any message, even in the middle of a chunk.
      for (const frame of read(chunk)) take(decode(frame));
    } catch (error) {
      destroy(error instanceof Error ? error : new Error(String(error)));
    }
    // A server must not fill the memory before the connection is set up.
    if (early.length > 0) socket.pause();
  });
  socket.on("error", (error) => {
    reason ??= error;
  });
  socket.on("close", () => {
    const why = (reason ??= new Error("the server closed the connection"));
    waiting?.reject(why);
    closed.resolve(why);
  });

  return {
    send: (bytes) => void socket.write(bytes),
    next() {
      const message = early.shift();
      if (message !== undefined) return Promise.resolve(message);
      if (socket.destroyed) return Promise.reject(reason ?? new Error("the server closed the connection"));
      waiting = Promise.withResolvers();
      socket.resume();
      return waiting.promise;
    },
    listen(next) {
      take = next;
      for (const message of early.splice(0)) next(message);
      socket.resume();
    },
    end(bytes) {
      reason ??= new Error("the connection was closed by this client");
      socket.end(bytes);
    },
    destroy,
    closed: closed.promise,
  };
}
