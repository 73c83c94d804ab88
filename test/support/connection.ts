import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { sign } from "./app.ts";
import { atEnd } from "./cleanup.ts";
import { until } from "./until.ts";

export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection that sends bytes unchanged. */
export interface Connection {
  readonly socket: Socket;
  write(text: string): void;
  /** Closes only the sending side. */
  halfClose(): void;
  /** Waits for this many responses; interim ones (100) count too. */
  responses(count: number): Promise<readonly RawResponse[]>;
  /** Waits until the server has closed its side, and returns all responses. */
  untilClosed(): Promise<readonly RawResponse[]>;
}

export async function openConnection(t: TestContext, url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let received = "";
  const parsed: RawResponse[] = [];
  let parsedUpTo = 0;
  let closed = false;
  let failure: Error | undefined;
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
  });
  /** All complete responses so far, each of which is parsed once. */
  function parse(): readonly RawResponse[] {
    const { responses, length } = parseResponses(received.slice(parsedUpTo));
    parsed.push(...responses);
    parsedUpTo += length;
    return parsed.slice();
  }
  function onClosed(error?: Error): void {
    failure ??= error;
    closed = true;
  }
  socket.on("end", () => onClosed());
  socket.on("error", onClosed);
  await once(socket, "connect");
  atEnd(t, () => socket.destroy());

  return {
    socket,
    write: (text) => void socket.write(text, "latin1"),
    halfClose: () => void socket.end(),
    async responses(count) {
      await until(`${count} responses have come`, () => {
        if (parse().length >= count) return true;
        assert.ok(!closed, `the connection stays open until ${count} responses have come; received ${JSON.stringify(received)} ${failure?.message ?? ""}`);
        return false;
      });
      return parse();
    },
    async untilClosed() {
      await until("the server has closed the connection", () => closed, { limitMs: 15_000 });
      assert.equal(failure, undefined);
      socket.end();
      return parse();
    },
  };
}

/** Sends bytes on a new connection and returns all responses once the server has closed it. */
export async function exchangeRaw(t: TestContext, url: string, text: string): Promise<readonly RawResponse[]> {
  const connection = await openConnection(t, url);
  connection.write(text);
  return connection.untilClosed();
}

/** A signed delivery. Its `Content-Length` is the length of the body, or `length` to announce more than is sent. */
export function rawPost(body: string, options: { readonly headers?: readonly string[]; readonly length?: number } = {}): string {
  const head = ["POST /webhook HTTP/1.1", "Host: x", `X-Signature: ${sign(body)}`, ...(options.headers ?? [])];
  return `${head.join("\r\n")}\r\nContent-Length: ${options.length ?? Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The complete responses at the start of `received`, and their length; none of them may be a response to HEAD. */
function parseResponses(received: string): { readonly responses: readonly RawResponse[]; readonly length: number } {
  const responses: RawResponse[] = [];
  let length = 0;
  for (;;) {
    const headEnd = received.indexOf("\r\n\r\n", length);
    if (headEnd === -1) return { responses, length };
    const [statusLine = "", ...lines] = received.slice(length, headEnd).split("\r\n");
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const),
    );
    const bodyEnd = headEnd + 4 + Number(headers.get("content-length") ?? 0);
    if (received.length < bodyEnd) return { responses, length };
    responses.push({ status: Number(statusLine.split(" ")[1]), headers, body: received.slice(headEnd + 4, bodyEnd) });
    length = bodyEnd;
  }
}
