import { createHmac } from "node:crypto";
import type { Content } from "./ledger.ts";

export const TORTURE_SECRET = "torture-secret";

const SENDERS = 40;
const WORDS = ["order", "invoice", "hello", "Payment", "address", "ΟΔΥΣΣΕΥΣ", "100%", "a_b", "\u{1F600}", "straße"] as const;

export type Random = () => number;

export function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from[Math.floor(random() * from.length)];
}

/** What the clients send next: new messages, repeats, conflicting repeats, and messages in doubt. */
export interface Plan {
  /** Undefined if only repeats are wanted and none is left. */
  next(only?: "retries"): Content | undefined;
  /** Resends a request: the same bytes. */
  retry(content: Content): void;
  /** How many wait to be resent. */
  waiting(): number;
}

export function createPlan(random: Random): Plan {
  const first: Content[] = [];
  const retries: Content[] = [];

  function create(): Content {
    const index = first.length;
    // Half of the ids increase, the other half land anywhere in the index.
    const head = random() < 0.5 ? index.toString(36).padStart(6, "0") : Math.floor(random() * 36 ** 6).toString(36);
    const second = new Date(Date.UTC(2025, 0, 1) + Math.floor(random() * 3_000_000) * 1000).toISOString().slice(0, 19);
    const fraction = random() < 0.2 ? `.${1 + Math.floor(random() * 9)}` : "";
    const content = { message_id: `${head}/${index}`, from: sender(), to: "+14155550100", ts: `${second}${fraction}Z`, text: text(index) };
    first.push(content);
    return content;
  }

  function sender(): string {
    return `+9198${100 + Math.floor(random() ** 2 * SENDERS)}`;
  }

  function text(index: number): string | null {
    const dice = random();
    if (dice < 0.05) return null;
    // Some are large, so that the WAL must be checkpointed and reused.
    const words = dice < 0.08 ? 400 : 1 + Math.floor(random() * 8);
    return Array.from({ length: words }, () => pick(random, WORDS)).join(" ") + ` n${index}`;
  }

  function conflicting(content: Content): Content {
    switch (Math.floor(random() * 4)) {
      case 0:
        return { ...content, from: `${content.from}9` };
      case 1:
        return { ...content, to: "+1" };
      case 2:
        return { ...content, ts: "2024-12-31T23:59:59Z" };
      default:
        return { ...content, text: `${content.text ?? ""} changed` };
    }
  }

  return {
    next(only) {
      if (retries.length > 0 && (only === "retries" || random() < 0.5)) return retries.shift();
      if (only === "retries") return undefined;
      const dice = random();
      // Mostly recent messages, which may be in flight on another connection.
      const known = first[first.length - 1 - Math.floor(random() ** 3 * first.length)];
      if (known === undefined || dice < 0.65) return create();
      return dice < 0.85 ? known : conflicting(known);
    },
    retry: (content) => void retries.push(content),
    waiting: () => retries.length,
  };
}

/** A whole signed request as bytes: one native message, or several as a WhatsApp notification. */
export function toRequest(contents: readonly Content[]): Buffer {
  const [only, ...more] = contents;
  const body = JSON.stringify(more.length === 0 ? only : toNotification(contents));
  const signature = createHmac("sha256", TORTURE_SECRET).update(body).digest("hex");
  return Buffer.from(
    `POST /webhook HTTP/1.1\r\nHost: localhost\r\nX-Signature: ${signature}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Whether a notification can carry the message: its times have no fraction of a second. */
export function fitsNotification({ ts }: Content): boolean {
  return !ts.includes(".");
}

function toNotification(contents: readonly Content[]): unknown {
  const changes = contents.map(({ message_id: id, from, to, ts, text }) => ({
    field: "messages",
    value: {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: to, phone_number_id: "1" },
      messages: [
        {
          id, from: from.slice(1), timestamp: String(Date.parse(ts) / 1000), type: text === null ? "image" : "text",
          ...(text === null ? { image: { id: "1" } } : { text: { body: text } }),
        },
      ],
    },
  }));
  return { object: "whatsapp_business_account", entry: [{ id: "1", changes }] };
}
