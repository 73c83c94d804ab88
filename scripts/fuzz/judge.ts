import type { FuzzCase } from "./cases.ts";
import { exchangeBytes, type WireAnswer } from "./wire.ts";

export interface Judge {
  /** Records what a request delivers, before it is sent: of several with the same id, any may arrive first. */
  sending(fuzzed: FuzzCase, payload: Buffer): void;
  /** Why a response is wrong; undefined if it is not. */
  judge(fuzzed: FuzzCase, payload: Buffer, answer: WireAnswer): Promise<string | undefined>;
  /** Each accepted message by id, as it was when it was first read back. */
  readonly accepted: ReadonlyMap<string, string>;
  /** Reads an accepted message back: it must equal what was sent, and stay the same. */
  readBack(id: string): Promise<string | undefined>;
}

/** Drops a byte order mark, as the service does. */
const UTF_8 = new TextDecoder("utf-8");
const STATUS_LINE = /HTTP\/1\.1 (\d{3}) [A-Z][A-Za-z -]*\r\n/g;

/** Knows every message that was sent, and every one that was answered 200. */
export function createJudge(port: number, deadlineMs: number): Judge {
  const sent = new Map<string, Set<string>>();
  const accepted = new Map<string, string>();

  async function readBack(id: string): Promise<string | undefined> {
    const target = `/messages/${encodeURIComponent(id).replaceAll(".", "%2E")}`;
    const answer = await exchangeBytes(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), { port, deadlineMs, cuts: [] });
    if (!answer.ended) return `reading ${JSON.stringify(id)} back: ${answer.why}`;
    const body = Buffer.from(answer.received.slice(answer.received.indexOf("\r\n\r\n") + 4), "latin1").toString("utf8");
    if (!answer.received.startsWith("HTTP/1.1 200 ")) return `the accepted message ${JSON.stringify(id)} is not there: ${body}`;
    const first = accepted.get(id) ?? body;
    accepted.set(id, first);
    if (first !== body) return `${JSON.stringify(id)} has changed: it was ${first}, now it is ${body}`;
    const stored = contentOf(body);
    if (stored?.id === id && sent.get(id)?.has(stored.content)) return undefined;
    return `${JSON.stringify(id)} reads back otherwise: sent ${[...(sent.get(id) ?? [])].join(" or ")}, got ${body}`;
  }

  /** A 200 for a delivery: what it promises must hold at once. */
  async function checkAccepted(body: Buffer): Promise<string | undefined> {
    const message = contentOf(UTF_8.decode(body));
    return message === undefined ? "answered 200 for a body that is not a message" : readBack(message.id);
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
    async judge(fuzzed, payload, answer) {
      if (!answer.ended) return answer.why;
      const statuses = Array.from(answer.received.matchAll(STATUS_LINE), ([, status]) => Number(status));
      const bad = statuses.find((status) => status >= 500);
      if (bad !== undefined) return `answered ${bad}: ${answer.received.slice(-300)}`;
      if (answer.received === "" && fuzzed.kind !== "raw") return "not answered at all";
      if (answer.received !== "" && !answer.received.startsWith("HTTP/1.1 ")) return `answered with something else than HTTP: ${answer.received.slice(0, 100)}`;
      if (fuzzed.mustAccept?.(payload) && statuses[0] !== 200) return `a signed notification is answered ${statuses[0] ?? "nothing"}`;
      if (fuzzed.body === undefined || statuses[0] !== 200) return undefined;
      if (fuzzed.isSigned?.(payload) === false) return "accepted with a signature that the secret did not make";
      return checkAccepted(fuzzed.body(payload));
    },
  };
}

/** The id, and the rest in one spelling; undefined for anything but a JSON object with an id. */
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
