import type { Message } from "../core/message.ts";
import type { JsonObject } from "../validation/json-object.ts";
import type { Delivery, Ignored } from "./delivery.ts";
import { fieldOf, isObject, listOf, textOf } from "./foreign.ts";
import { wordsOf } from "./whatsapp-words.ts";

/** The last second of the year 9999, the last year of four digits. */
const LAST_SECOND = 253_402_300_799;
/** The lists whose elements are messages; the elements of `message_echoes` were sent by the business. */
const MESSAGES = "messages";
const ECHOES = "message_echoes";
/** The list of contacts describes the people in the other lists. It is not counted as ignored content. */
const CONTACTS = "contacts";

/** The context in which an element of `messages` or `message_echoes` is read. */
interface Surroundings {
  readonly value: JsonObject;
  readonly contacts: readonly unknown[];
  /** `+` and the digits of the business's number; without a number, its id on the platform. */
  readonly business: string | undefined;
  readonly list: typeof MESSAGES | typeof ECHOES;
}

/** Whether a body is a notification of the WhatsApp Business Platform. */
export function isWhatsApp(body: JsonObject): boolean {
  return fieldOf(body, "object") === "whatsapp_business_account";
}

/**
 * Reads a notification of WhatsApp's Cloud API: up to 1,000 messages of several phone numbers. Each element of `messages` and
 * `message_echoes` is a message; everything else is ignored and counted by its name.
 *
 * Refuses nothing, whatever the shape: the platform retries for days any notification that does not get a 200. An element without
 * `id`, or without a `timestamp` in Unix seconds up to the year 9999, cannot be stored: it is ignored as `incomplete`, with a
 * warning.
 *
 * Source: the reference of WhatsApp's `messages` and `smb_message_echoes` webhooks, and its page on business-scoped user ids.
 */
export function readWhatsApp(body: JsonObject): Delivery {
  const messages: Message[] = [];
  const ignored = new Map<string, number>();
  const ignore = (kind: string, count = 1): void => void ignored.set(kind, (ignored.get(kind) ?? 0) + count);
  let withoutPayload = 0;

  for (const change of listOf(body, "entry").flatMap((entry) => listOf(entry, "changes"))) {
    const value = fieldOf(change, "value");
    const lists = isObject(value)
      ? Object.entries(value).filter(([name, list]) => name !== CONTACTS && Array.isArray(list) && list.length > 0)
      : [];
    if (!isObject(value) || lists.length === 0) ignore(nameOf(textOf(change, "field")));
    else {
      for (const [name] of lists) {
        const elements = listOf(value, name);
        if (name !== MESSAGES && name !== ECHOES) {
          ignore(nameOf(name), elements.length);
          continue;
        }
        const surroundings = surroundingsOf(value, name);
        for (const element of elements) {
          const message = messageOf(element, surroundings);
          if (message === undefined) ignore("incomplete");
          else messages.push(message);
          if (message !== undefined && message.payload === undefined) withoutPayload += 1;
        }
      }
    }
  }

  if (messages.length === 0 && ignored.size === 0) ignore("notification");
  return {
    format: "whatsapp",
    messages,
    ignored: counted(ignored),
    warnings: warningsOf(ignored.get("incomplete") ?? 0, withoutPayload),
    timedByReceipt: false,
  };
}

function surroundingsOf(value: JsonObject, list: Surroundings["list"]): Surroundings {
  const metadata = fieldOf(value, "metadata");
  const digits = (textOf(metadata, "display_phone_number") ?? "").replaceAll(/[^0-9]/g, "");
  const business = digits === "" ? textOf(metadata, "phone_number_id") : `+${digits}`;
  return { value, contacts: listOf(value, CONTACTS), business, list };
}

function messageOf(element: unknown, surroundings: Surroundings): Message | undefined {
  const messageId = identifierOf(element, "id");
  const timestamp = identifierOf(element, "timestamp") ?? "";
  const seconds = Number(timestamp);
  if (messageId === undefined || !/^[0-9]+$/.test(timestamp) || seconds > LAST_SECOND) return undefined;

  const isEcho = surroundings.list === ECHOES;
  const { business } = surroundings;
  const from = isEcho ? (business ?? partyOf(element, "from")) : partyOf(element, "from");
  const to = isEcho ? partyOf(element, "to") : business;
  const payload = payloadOf(element, surroundings);
  return {
    messageId,
    from: from ?? "",
    to: to ?? "",
    ts: new Date(seconds * 1000).toISOString().replace(".000Z", "Z"),
    tsMs: seconds * 1000,
    text: wordsOf(element),
    ...(payload !== undefined && { payload }),
  };
}

/** A person's phone number with `+`; if there is none, as for a person with a user name, that person's id on the platform, unchanged. */
function partyOf(element: unknown, name: "from" | "to"): string | undefined {
  const phone = identifierOf(element, name);
  if (phone === undefined) return identifierOf(element, `${name}_user_id`) ?? identifierOf(element, `${name}_parent_user_id`);
  return /^[0-9]+$/.test(phone) ? `+${phone}` : phone;
}

/** An identifier is documented to be a text; a number is accepted, too. */
function identifierOf(element: unknown, name: string): string | undefined {
  const value = fieldOf(element, name);
  const text = Number.isSafeInteger(value) ? String(value) : textOf(element, name);
  return text === "" ? undefined : text;
}

/**
 * The `value` that would have delivered only this element: its metadata, its person's contacts, and a list of one. Undefined if
 * it is nested too deeply for `JSON.stringify`.
 */
function payloadOf(element: unknown, { value, contacts, list }: Surroundings): string | undefined {
  const people = contacts.length > 1 ? contacts.filter((contact) => isPersonOf(contact, element)) : contacts;
  const alone = {
    messaging_product: fieldOf(value, "messaging_product"),
    metadata: fieldOf(value, "metadata"),
    ...(people.length > 0 && { contacts: people }),
    [list]: [element],
  };
  try {
    return JSON.stringify(alone);
  } catch {
    return undefined;
  }
}

/** Whether a contact belongs to an element: a message's payload contains only its own contact, not those of other messages. */
function isPersonOf(contact: unknown, element: unknown): boolean {
  const phone = identifierOf(contact, "wa_id");
  const user = identifierOf(contact, "user_id");
  return ["from", "to", "from_user_id", "to_user_id"].some((name) => {
    const id = identifierOf(element, name);
    return id !== undefined && (id === phone || id === user);
  });
}

/** The text if it is safe to log as a name, otherwise `other`. */
function nameOf(text: string | undefined): string {
  return text !== undefined && /^[a-z][a-z_]{0,63}$/.test(text) ? text : "other";
}

function counted(ignored: ReadonlyMap<string, number>): readonly Ignored[] {
  return Array.from(ignored, ([kind, count]) => ({ kind, count }));
}

function warningsOf(incomplete: number, withoutPayload: number): readonly string[] {
  const warnings: string[] = [];
  if (incomplete > 0)
    warnings.push(`messages of the notification that were not stored: ${incomplete}; each must have an id and a timestamp in Unix seconds`);
  if (withoutPayload > 0)
    warnings.push(`messages stored without their payload, whose JSON is nested too deeply: ${withoutPayload}`);
  return warnings;
}
