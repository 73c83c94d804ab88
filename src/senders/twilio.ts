import type { Message } from "../core/message.ts";
import type { Delivery } from "./delivery.ts";

export interface TwilioOptions {
  /** The message's `ts`, in milliseconds since the epoch, because Twilio sends no time. */
  readonly receivedAtMs: number;
}

const CHANNEL = "whatsapp:";

/**
 * Reads a webhook of Twilio's Programmable Messaging, SMS or WhatsApp: one message with `MessageSid`, `From`, `To` and `Body`.
 * The prefix `whatsapp:` of a number is dropped. Without `Body` the text is null.
 *
 * Refuses nothing. A status report on an outgoing message (`MessageStatus`) is ignored as `statuses`; a form without
 * `MessageSid` is ignored as `incomplete`, with a warning. If a parameter is repeated, the first value is used.
 *
 * Source: Twilio's "Twilio's request to your incoming message webhook URL".
 */
export function readTwilio(form: URLSearchParams, { receivedAtMs }: TwilioOptions): Delivery {
  const messageId = form.get("MessageSid") ?? "";
  const status = form.get("MessageStatus") ?? "received";
  const base = { format: "twilio", timedByReceipt: true } as const;
  if (status !== "received") return { ...base, messages: [], ignored: [{ kind: "statuses", count: 1 }], warnings: [] };
  if (messageId === "") {
    const warnings = ["The form is not a message of Programmable Messaging: it must have a MessageSid"];
    return { ...base, messages: [], ignored: [{ kind: "incomplete", count: 1 }], warnings };
  }
  const message: Message = {
    messageId,
    from: numberOf(form.get("From")),
    to: numberOf(form.get("To")),
    ts: new Date(receivedAtMs).toISOString().replace(/\.?0*Z$/, "Z"),
    tsMs: receivedAtMs,
    text: form.get("Body"),
    payload: JSON.stringify(parametersOf(form)),
  };
  return { ...base, messages: [message], ignored: [], warnings: [] };
}

function numberOf(party: string | null): string {
  return party?.startsWith(CHANNEL) ? party.slice(CHANNEL.length) : (party ?? "");
}

/** The parameters by name; a repeated one is a list. */
function parametersOf(form: URLSearchParams): Readonly<Record<string, string | readonly string[]>> {
  return Object.fromEntries(
    Array.from(new Set(form.keys()), (name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}
