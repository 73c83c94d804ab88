import type { Outcome } from "../core/outcome.ts";
import type { JsonObject } from "../validation/json-object.ts";
import { readMessage, type InvalidMessage } from "../validation/message.ts";
import type { Delivery } from "./delivery.ts";

const NONE: readonly never[] = [];

/** Reads a body in this service's own format: one message, with the fields and refusals of `readMessage`. */
export function readNative(body: JsonObject): Outcome<Delivery, InvalidMessage> {
  const message = readMessage(body);
  if (!message.ok) return message;
  return { ok: true, value: { format: "native", messages: [message.value], ignored: NONE, warnings: NONE, timedByReceipt: false } };
}
