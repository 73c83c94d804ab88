import type { FuzzCase } from "./cases.ts";
import { exchangeBytes, type WireResult } from "./wire.ts";

export interface Judge {
  /** Records the message of a request before it is sent. If several have the same id, any of them may arrive first. */
  sending(fuzzed: FuzzCase, payload: Buffer): void;
  /** Why a response is wrong; undefined if it is right. */
  judge(fuzzed: FuzzCase, payload: Buffer, result: WireResult): Promise<string | undefined>;
  /** Each accepted message by id, as it was first read back. */
  readonly accepted: ReadonlyMap<string, string>;
  /** Reads an accepted message back: it must equal what was sent, and stay the same. */
  readBack(id: string): Promise<string | undefined>;
}

/** Drops a byte order mark, as the service does. */
const UTF_8 = new TextDecoder("utf-8");
const STATUS_LINE = /HTTP\/1\.1 (\d{3}) [A-Z][A-Za-z -]*\r\n/g;

/** Creates a judge that keeps every message that was sent, and every one that got 200. */
export function createJudge(port: number, deadlineMs: number): Judge {
  const sent = new Map<string, Set<string>>();
  const accepted = new Map<string, string>();

  async function readBack(id: string): Promise<string | undefined> {
    const target = `/messages/${encodeURIComponent(id).replaceAll(".", "%2E")}`;
    const result = await exchangeBytes(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), { port, deadlineMs, cuts: [] });
    if (!result.ended) return `${JSON.stringify(id)} cannot be read back: ${result.why}`;
    const body = Buffer.from(result.received.slice(result.received.indexOf("\r\n\r\n") + 4), "latin1").toString("utf8");
    if (!result.received.startsWith("HTTP/1.1 200 ")) return `the accepted message ${JSON.stringify(id)} cannot be read: ${body}`;
    const first = accepted.get(id) ?? body;
    accepted.set(id, first);
    if (first !== body) return `${JSON.stringify(id)} has changed: it was ${first}, now it is ${body}`;
    const stored = contentOf(body);
    if (stored?.id === id && sent.get(id)?.has(stored.content)) return undefined;
    return `${JSON.stringify(id)} is not what was sent: sent ${[...(sent.get(id) ?? [])].join(" or ")}, got ${body}`;
  }

  /** After a 200 the message must be readable at once. */
  async function checkAccepted(body: Buffer): Promise<string | undefined> {
    const message = contentOf(UTF_8.decode(body));
    return message === undefined ? "200 for a body that is not a message" : readBack(message.id);
  }

  return {
    accepted,
    readBack,
    sending(fuzzed, payload) {
      const message = fuzzed.body === undefined ? undefined : contentOf(UTF_8.decode(fuzzed.body(payload)));
      if (message === undefined) return;
      const contents = sent.get(message.id) ?? new Set();
      sent.set(message.id, contents.add(message.content));
    },
    async judge(fuzzed, payload, result) {
      if (!result.ended) return result.why;
      const statuses = Array.from(result.received.matchAll(STATUS_LINE), ([, status]) => Number(status));
      const bad = statuses.find((status) => status >= 500);
      if (bad !== undefined) return `response ${bad}: ${result.received.slice(-300)}`;
      if (result.received === "" && fuzzed.kind !== "raw") return "no response";
      if (result.received !== "" && !result.received.startsWith("HTTP/1.1 ")) return `a response that is not HTTP: ${result.received.slice(0, 100)}`;
      if (fuzzed.mustAccept?.(payload) && statuses[0] !== 200) return `a signed notification gets ${statuses[0] ?? "no response"} instead of 200`;
      if (fuzzed.body === undefined || statuses[0] !== 200) return undefined;
      if (fuzzed.isSigned?.(payload) === false) return "accepted with a signature that was not made with the secret";
      return checkAccepted(fuzzed.body(payload));
    },
  };
}

/** The id, and the content in one spelling; undefined for anything but a JSON object with an id. */
function contentOf(json: string): { readonly id: string; readonly content: string } | undefined {
  const value = parse(json);
  if (typeof value !== "object" || value === null) return undefined;
  const { message_id: id, from, to, ts, text = null }: Record<string, unknown> = { ...value };
  if (typeof id !== "string") return undefined;
  // The service returns another spelling of the same instant. JavaScript's dates lack some instants, such as leap seconds.
  const instantMs = Date.parse(String(ts).toUpperCase());
  return { id, content: JSON.stringify([from, to, text, instantMs]) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
