import assert from "node:assert/strict";
import type { Message } from "../../src/core/message.ts";
import type { Delivery } from "../../src/senders/delivery.ts";
import { readJsonDelivery } from "../../src/senders/json-senders.ts";

/** A text message as WhatsApp sends it, with these fields replaced. */
export function element(fields: object): object {
  return {
    from: "16505550142",
    id: "wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQz",
    timestamp: "1749416383",
    type: "text",
    text: { body: "Hello" },
    ...fields,
  };
}

/** A change of the field `messages` with these elements. */
export function change(
  messages: readonly unknown[],
  fields: object = {},
): { readonly field: string; readonly value: Readonly<Record<string, unknown>> } {
  return {
    field: "messages",
    value: {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "15550783881", phone_number_id: "106540352242922" },
      messages,
      ...fields,
    },
  };
}

export function notification(changes: readonly unknown[]): object {
  return { object: "whatsapp_business_account", entry: [{ id: "102290129340398", changes }] };
}

export function read(body: unknown): Delivery {
  return readText(JSON.stringify(body));
}

export function readText(json: string): Delivery {
  const delivery = readJsonDelivery(new TextEncoder().encode(json));
  assert.ok(delivery.ok);
  assert.equal(delivery.value.format, "whatsapp");
  return delivery.value;
}

export function only(messages: readonly Message[]): Message {
  const [message] = messages;
  assert.ok(message !== undefined && messages.length === 1);
  return message;
}
