import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import type { StoredMessage } from "../../src/core/message.ts";
import { createAsset, createPage } from "../../src/http/handlers/pages.ts";
import type { Reply, Request } from "../../src/http/message.ts";
import { createFilter, timelineOf, statsOf } from "./contract-answers.ts";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { createSite } from "../../src/pages/site.ts";
import { compareNewestFirst } from "../../src/pages/browser/order.ts";
import { atEnd } from "./cleanup.ts";

/** The pages beside an API of the test's own making: what it holds, when it answers and when its streams break is the test's to say. */
export interface ContractService {
  readonly url: string;
  readonly messages: StoredMessage[];
  /** Targets of the requests so far. */
  readonly targets: string[];
  /** `Last-Event-ID` of each stream so far. */
  readonly resumed: (string | undefined)[];
  /** What the service wants as a token; empty: none. */
  token: string;
  /** Called before a list is answered: waits as long as the test likes; a number is a status to refuse with. */
  beforeList: (parameters: URLSearchParams) => Promise<number | undefined> | number | undefined;
  /** Stores a message and sends it to the open streams. */
  commit(message: StoredMessage): void;
  /** Ends the open streams. */
  breakStreams(): void;
  openStreams(): number;
}

export function stored(index: number, fields: Partial<StoredMessage> = {}): StoredMessage {
  const ts = new Date(Date.UTC(2025, 0, 15, 10) + index * 1000).toISOString().replace(".000Z", "Z");
  return {
    message_id: `m${String(index).padStart(7, "0")}`,
    from: `+91987654${3200 + (index % 7)}`,
    to: "+14155550100",
    ts,
    text: `Message number ${index}`,
    created_at: ts,
    ...fields,
  };
}

export async function startContractService(t: TestContext, messages: StoredMessage[] = []): Promise<ContractService> {
  const site = createSite(createOpenApiDocument("0.0.0-test"));
  const page = createPage(site, "inbox");
  const asset = createAsset(site);
  const streams = new Set<ServerResponse>();
  const log: StoredMessage[] = [];
  const server = createServer((req, res) => void answer(req, res));

  const service: ContractService = {
    get url() {
      const address = server.address();
      return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
    },
    messages,
    targets: [],
    resumed: [],
    token: "",
    beforeList: () => undefined,
    commit(message) {
      messages.push(message);
      log.push(message);
      for (const stream of streams) stream.write(`id: ${log.length}\ndata: ${JSON.stringify({ seq: log.length, ...message })}\n\n`);
    },
    breakStreams() {
      for (const stream of streams) stream.destroy();
    },
    openStreams: () => streams.size,
  };

  function list(parameters: URLSearchParams): unknown {
    const limit = Number(parameters.get("limit") ?? 50);
    const matching = messages.filter(createFilter(parameters)).sort(compareNewestFirst);
    const cursor = parameters.get("cursor");
    const after = cursor === null ? undefined : JSON.parse(Buffer.from(cursor, "base64url").toString());
    const rest = after === undefined ? matching : matching.filter((message) => compareNewestFirst(message, after) > 0);
    const data = rest.slice(0, limit);
    const last = data.at(-1);
    const next = rest.length > limit && last !== undefined
      ? { next_cursor: Buffer.from(JSON.stringify({ ts: last.ts, message_id: last.message_id })).toString("base64url") }
      : {};
    return { data, total: matching.length, limit, offset: 0, ...next };
  }

  function stream(req: IncomingMessage, res: ServerResponse): void {
    const sent = req.headers["last-event-id"];
    service.resumed.push(typeof sent === "string" ? sent : undefined);
    res.writeHead(200, { "Content-Type": "text/event-stream" }).write(": open\n\n");
    for (const [index, message] of log.entries()) {
      if (sent !== undefined && index >= Number(sent)) res.write(`id: ${index + 1}\ndata: ${JSON.stringify(message)}\n\n`);
    }
    streams.add(res);
    res.on("close", () => streams.delete(res));
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const target = new URL(req.url ?? "", service.url);
    service.targets.push(req.url ?? "");
    const request: Request = {
      target: req.url ?? "", query: "", parameter: target.pathname.split("/").at(-1) ?? "", headers: req.headers, clientAddress: () => "", receivedAtMs: 0,
      readBody: async () => ({ ok: true, value: new Uint8Array() }),
    };
    if (target.pathname === "/") return reply(res, await page(request));
    if (target.pathname.startsWith("/assets/")) return reply(res, await asset(request));
    const refused = service.token !== "" && req.headers.authorization !== `Bearer ${service.token}`;
    if (refused) return json(res, 401, { detail: "the Authorization header must be Bearer and the token" });
    if (target.pathname === "/tail") return stream(req, res);
    if (target.pathname === "/stats") return json(res, 200, statsOf(messages));
    if (target.pathname === "/stats/timeline") return json(res, 200, timelineOf(messages, target.searchParams));
    if (target.pathname !== "/messages") return json(res, 404, { detail: "not found" });
    const status = await service.beforeList(target.searchParams);
    if (status === undefined) return json(res, 200, list(target.searchParams));
    return json(res, status, { detail: "the database cannot answer now, try again later" });
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  return service;
}

function reply(res: ServerResponse, given: Reply): void {
  res.writeHead(given.status, { ...given.headers, "Content-Type": given.contentType ?? "application/json" }).end(given.body);
}

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}
