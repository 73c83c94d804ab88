import { createHmac } from "node:crypto";

export const BENCH_SECRET = "bench-secret";
const SENDERS = 500;
/** The size of a body, in bytes. */
const BODY_BYTES = 150;

/** `growing`, like ULIDs and most senders' ids; `random` ids land on different pages of the index. */
export type IdOrder = "growing" | "random";

export interface BenchMessage {
  readonly message_id: string;
  readonly from: string;
  readonly to: string;
  readonly ts: string;
  readonly text: string;
}

const WORDS = [
  "order", "invoice", "meeting", "hello", "please", "thanks", "tomorrow", "payment", "address", "delivery",
  "call", "today", "number", "photo", "ticket", "price", "update", "question", "answer", "friend",
];

/** A generator of numbers in [0, 1) that returns the same sequence for the same seed (xorshift32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

/** Unique messages whose JSON has 150 bytes, from 500 senders in mixed order, with `perSecond` messages in each second of `ts`. */
export function createMessages(options: { seed: number; order: IdOrder; startMs: number; perSecond: number }): (index: number) => BenchMessage {
  const random = seededRandom(options.seed);
  const run = options.seed.toString(36).padStart(6, "0").slice(-6).toUpperCase();
  return (index) => {
    // Ids begin with the time, like ULIDs, so that later messages, also those of another run, sort after all stored ones.
    const number = options.order === "growing" ? options.startMs * 1_000 + index : Math.floor(random() * 36 ** 10);
    const head = number.toString(36).padStart(10, "0").toUpperCase();
    const message = {
      message_id: `${head}${run}${index.toString(36).padStart(10, "0")}`,
      from: `+9198${String(10_000_000 + Math.floor(random() * SENDERS)).slice(-8)}`,
      to: "+14155550100",
      ts: new Date(options.startMs + Math.floor(index / options.perSecond) * 1000).toISOString().replace(".000", ""),
      text: "",
    };
    const length = BODY_BYTES - JSON.stringify(message).length;
    let text = markers(index);
    while (text.length < length) text += `${WORDS[Math.floor(random() * WORDS.length)]} `;
    return { ...message, text: text.slice(0, length) };
  };
}

/** Words for measuring searches: one occurs in every hundredth message, one in every hundred-thousandth. */
function markers(index: number): string {
  if (index % 100_000 === 50_000) return "quixotic ";
  return index % 100 === 50 ? "saffron " : "";
}

/** A whole signed request as bytes. */
export function toRequest(message: BenchMessage): Buffer {
  const body = JSON.stringify(message);
  const signature = createHmac("sha256", BENCH_SECRET).update(body).digest("hex");
  return Buffer.from(
    `POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Signature: ${signature}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
