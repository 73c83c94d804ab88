import type { StoredMessage } from "../../../core/message.ts";
import type { Prepare } from "./rows.ts";

/** The message with its payload. */
export function withPayload<T extends StoredMessage>(prepare: Prepare, message: T): T & { readonly payload: string | null } {
  const read = prepare("SELECT payload FROM messages JOIN payloads USING (seq) WHERE message_id = ?");
  const payload = read.get(message.message_id)?.["payload"];
  return { ...message, payload: payload === undefined ? null : String(payload) };
}
