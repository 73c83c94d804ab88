import type { StoredMessage } from "../../../core/message.ts";
import type { Prepare } from "./rows.ts";

/** The messages with what platforms sent about them. */
export function withPayloads<T extends StoredMessage>(prepare: Prepare, messages: readonly T[]): readonly (T & { readonly payload: string | null })[] {
  const read = prepare("SELECT payload FROM messages JOIN payloads USING (seq) WHERE message_id = ?");
  return messages.map((message) => {
    const payload = read.get(message.message_id)?.["payload"];
    return { ...message, payload: payload === undefined ? null : String(payload) };
  });
}
