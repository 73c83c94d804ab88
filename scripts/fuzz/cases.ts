import { createHmac } from "node:crypto";
import { isNotification, notification } from "./notification.ts";
import { anyString, createRandom, mutate, type Random } from "./random.ts";

export const KINDS = ["signature", "body", "notification", "query", "path", "raw"] as const;
export type Kind = (typeof KINDS)[number];

/** The bytes of one connection: `payload` is what was fuzzed, `build` puts a request around it. */
export interface FuzzCase {
  readonly kind: Kind;
  readonly payload: Buffer;
  build(payload: Buffer): Buffer;
  /** The body for a payload, if the request is a delivery that is signed or claims to be. */
  body?(payload: Buffer): Buffer;
  /** Whether the service must respond 200 to the payload. */
  mustAccept?(payload: Buffer): boolean;
  /** Whether the payload, a signature, was made with the secret. */
  isSigned?(payload: Buffer): boolean;
  /** Where to split the bytes into separate writes, as shares of their length. */
  readonly cuts: readonly number[];
}

/** Case number `index` of a run with `seed`: the same for the same two numbers. */
export function createCase(seed: number, index: number, secret: string): FuzzCase {
  const random = createRandom(seed, index);
  const kind = random.pick(KINDS);
  const cuts = random.oneIn(4) ? [random.below(100) / 100, random.below(100) / 100].sort() : [];
  const sign = (body: Buffer): string => createHmac("sha256", secret).update(body).digest("hex");
  const id = `f${index}`;
  switch (kind) {
    case "signature": {
      const body = Buffer.from(JSON.stringify(message(random, id)));
      const good = sign(body);
      const payload = Buffer.from(random.pick([good, `sha256=${good}`, good.toUpperCase(), anyString(random, 70)]));
      return {
        kind,
        cuts,
        payload: random.oneIn(5) ? payload : mutate(random, payload),
        build: (signature) => post(body, signature),
        body: () => body,
        isSigned: (signature) => signature.toString("latin1").trim().replace(/^sha256=/, "").toLowerCase() === good,
      };
    }
    case "body": {
      const ids = [id, id, `${id}${anyString(random, 20)}`, `repeat ${random.below(50)}`] as const;
      const plain = Buffer.from(JSON.stringify(message(random, random.pick(ids))));
      const payload = random.oneIn(2) ? plain : mutate(random, plain);
      return { kind, cuts, payload, build: (body) => post(body, Buffer.from(sign(body))), body: (body) => body };
    }
    case "notification": {
      const plain = Buffer.from(JSON.stringify(notification(random, id)));
      const payload = random.oneIn(3) ? mutate(random, plain) : plain;
      return { kind, cuts, payload, build: (body) => post(body, Buffer.from(sign(body))), mustAccept: isNotification };
    }
    case "query": {
      const target = Buffer.from(random.pick(["/messages?", "/messages?", "/stats/timeline?"]));
      return { kind, cuts, payload: query(random), build: (text) => get(Buffer.concat([target, text])) };
    }
    case "path": {
      const start = random.pick(["/messages/", "/", "/stats", "http://x/messages/", "/metrics", "*"]);
      const text = random.oneIn(2) ? encode(random, anyString(random, 30)) : anyString(random, 20);
      return { kind, cuts, payload: mutate(random, Buffer.from(start + text)), build: get };
    }
    case "raw": {
      const body = Buffer.from(JSON.stringify(message(random, id)));
      const signed = post(body, Buffer.from(sign(body)));
      const base = random.pick([signed, chunked(random, body, sign(body)), get(Buffer.from("/messages")), Buffer.concat([get(Buffer.from("/stats")), signed]), random.bytes(random.below(400))]);
      return { kind, cuts, payload: mutate(random, base), build: (bytes) => bytes };
    }
  }
}

function post(body: Buffer, signature: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from("POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Signature: "),
    signature,
    Buffer.from(`\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

function get(target: Buffer): Buffer {
  return Buffer.concat([Buffer.from("GET "), target, Buffer.from(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]);
}

function chunked(random: Random, body: Buffer, signature: string): Buffer {
  const parts = [Buffer.from(`POST /webhook HTTP/1.1\r\nHost: x\r\nX-Signature: ${signature}\r\nTransfer-Encoding: chunked\r\n\r\n`)];
  for (let at = 0; at < body.length; ) {
    const size = Math.min(1 + random.below(40), body.length - at);
    parts.push(Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from("\r\n")]));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

const TIMES: readonly [string, ...string[]] = [
  "2025-01-15T10:00:00Z", "2025-01-15T15:30:00.5+05:30", "2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
  "2024-02-29t00:00:00z", "2025-01-15T10:00:00-00:00",
];

function message(random: Random, id: string): Record<string, unknown> {
  const strange = [undefined, null, 0, -1.5e300, true, [], {}, "", "x".repeat(random.below(5000))] as const;
  const given: Record<string, unknown> = {
    message_id: id,
    from: `+${String(1 + random.below(1e15))}`,
    to: "+14155550100",
    ts: random.oneIn(20) ? anyString(random, 20) : random.pick(TIMES),
    text: random.oneIn(30) ? anyString(random, 4100) : anyString(random, 40),
  };
  if (random.oneIn(8)) given[random.pick(["message_id", "from", "to", "ts", "text", "__proto__", "extra"])] = random.pick(strange);
  return given;
}

function query(random: Random): Buffer {
  const names = ["limit", "offset", "from", "to", "since", "until", "q", "order", "cursor", "bucket", "utc_offset", "limit[]", "", "__proto__"] as const;
  const parts: string[] = [];
  for (let count = random.below(5); count >= 0; count -= 1) {
    const value = random.pick([String(random.below(200)), random.pick(TIMES), "+919876543210", "+05:30", "-23:59", anyString(random, 12), "-1", "99999999999999999999", "%", ""]);
    parts.push(`${random.pick(names)}=${random.oneIn(4) ? value : encode(random, value)}`);
  }
  const text = Buffer.from(parts.join("&"));
  return random.oneIn(2) ? text : mutate(random, text);
}

/** Percent-encodes as a browser would, sometimes with bytes that are not UTF-8. */
function encode(random: Random, text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return random.oneIn(8) ? encoded.replace(/%../, "%e2%28") : encoded;
}
