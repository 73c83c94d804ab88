import type { Outcome } from "../core/outcome.ts";
import { parseJsonObject, type JsonObject } from "../validation/json-object.ts";
import type { InvalidMessage } from "../validation/message.ts";
import type { Delivery } from "./delivery.ts";
import { readNative } from "./native.ts";
import { isWhatsApp, readWhatsApp } from "./whatsapp.ts";

/** A platform that posts JSON in its own format. */
interface JsonSender {
  readonly owns: (body: JsonObject) => boolean;
  readonly read: (body: JsonObject) => Outcome<Delivery, InvalidMessage>;
}

/** One row per platform. A body that none of them owns is in this service's own format. */
const PLATFORMS: readonly JsonSender[] = [{ owns: isWhatsApp, read: (body) => ({ ok: true, value: readWhatsApp(body) }) }];

/**
 * Reads the body of `POST /webhook`, whose signature has been checked, in its sender's format.
 *
 * Refusals are those of `parseJsonObject` and, for this service's own format, of `readMessage`.
 */
export function readJsonDelivery(body: Uint8Array): Outcome<Delivery, InvalidMessage> {
  const parsed = parseJsonObject(body);
  if (!parsed.ok) return { ok: false, error: { errors: [parsed.error] } };
  for (const { owns, read } of PLATFORMS) {
    if (owns(parsed.value)) return read(parsed.value);
  }
  return readNative(parsed.value);
}
