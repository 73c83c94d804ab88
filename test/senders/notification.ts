/** A text message as WhatsApp has it, with other fields in its place. */
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

/** A change of the field `messages` that brings these elements. */
export function change(messages: readonly unknown[], fields: object = {}): { readonly field: string; readonly value: Readonly<Record<string, unknown>> } {
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
