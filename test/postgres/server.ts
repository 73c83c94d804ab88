import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Buffer } from "node:buffer";
import type { TestContext } from "node:test";
import { connect, type ConnectOptions } from "../../src/postgres/connect.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import { parseConnectionUrl, type ConnectionUrl } from "../../src/postgres/url.ts";
import { atEnd } from "../support/cleanup.ts";

/** Parses a URL that must be valid. */
export function urlOf(text: string): ConnectionUrl {
  const parsed = parseConnectionUrl(text);
  if (!parsed.ok) throw new Error(`Cannot read the URL: ${parsed.error}`);
  return parsed.value;
}

/** Opens a connection that is destroyed at the end of the test. */
export async function connectFor(t: TestContext, url: string, options?: ConnectOptions): Promise<Connection> {
  const connection = await connect(urlOf(url), options);
  atEnd(t, () => connection.destroy(new Error("the test is over")));
  return connection;
}

/** Encodes a server message: its type, and a body of numbers (as int32), texts (not terminated) and bytes. */
export function frame(type: string, ...parts: readonly (number | string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "number" ? int32(part) : Buffer.from(part))));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const AUTHENTICATION_OK: Buffer = frame("R", 0);
export const READY: Buffer = frame("Z", "I");
export const PARSED_AND_BOUND: Buffer = Buffer.concat([frame("1"), frame("2")]);

/** `received` resolves to the next bytes from the client. */
type Script = (socket: Socket, received: () => Promise<Buffer>) => Promise<unknown>;

/** Starts a server that calls `serve` for each connection, and returns its URL without parameters. */
export async function scriptedServer(t: TestContext, serve: Script): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const received = async (): Promise<Buffer> => {
      const [chunk]: Buffer[] = await once(socket, "data");
      return chunk ?? Buffer.alloc(0);
    };
    // If the client closes the socket during the script, the test sees that at the client.
    serve(socket, received).catch(() => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot start the server: it must have a port");
  return `postgres://user:secret@127.0.0.1:${address.port}/db`;
}
