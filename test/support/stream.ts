import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { TestContext } from "node:test";
import { atEnd } from "./cleanup.ts";
import { until } from "./until.ts";

/** A response that is read while it arrives. */
export interface OpenStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly response: IncomingMessage;
  text(): string;
  /** Waits until this many chunks that end with `ending` (by default a line feed) have come, and returns all of them without it. */
  chunks(count: number, ending?: string): Promise<readonly string[]>;
  /** Waits for the end; false if the connection was lost before it. */
  readonly complete: Promise<boolean>;
  /** Closes the connection. */
  disconnect(): void;
}

export async function openStream(t: TestContext, url: string, headers: Record<string, string> = {}): Promise<OpenStream> {
  const sent = request(url, { headers, agent: false });
  atEnd(t, () => sent.destroy());
  sent.end();
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error("Cannot read a stream: there must be a response");
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
  });
  response.on("error", () => undefined);
  sent.on("error", () => undefined);
  const complete = new Promise<boolean>((resolve) => response.once("close", () => resolve(response.complete)));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    response,
    text: () => text,
    async chunks(count, ending = "\n") {
      const chunks = (): readonly string[] => text.split(ending).slice(0, -1);
      await until(`${count} chunks have come`, () => chunks().length >= count);
      return chunks();
    },
    complete,
    disconnect: () => sent.destroy(),
  };
}
