import { fieldOf, listOf, textOf } from "./foreign.ts";

type Words = (content: unknown) => string | undefined;

const field =
  (name: string): Words =>
  (content) =>
    textOf(content, name);
const caption = field("caption");

/** How to read the words of each kind from the object with the kind's name. Other kinds have no words. */
const WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ["text", field("body")],
  ["image", caption],
  ["video", caption],
  ["audio", caption],
  ["document", caption],
  ["sticker", caption],
  ["button", field("text")],
  ["interactive", interactive],
  ["reaction", field("emoji")],
  ["order", field("text")],
  ["system", field("body")],
  ["location", locationOf],
]);

/**
 * The words in an element of `messages`, by its `type`; null if it has none, such as a photo without a caption, a withdrawn
 * reaction, a deleted message, or a kind that this code does not support.
 *
 * Source: the reference of WhatsApp's `messages` webhook, one page per kind.
 */
export function wordsOf(element: unknown): string | null {
  const edited = textOf(element, "type") === "edit" ? fieldOf(fieldOf(element, "edit"), "message") : element;
  const type = textOf(edited, "type") ?? "";
  // A list of cards; the other kinds have an object.
  if (type === "contacts") return cards(listOf(edited, "contacts"));
  return WORDS.get(type)?.(fieldOf(edited, type)) ?? null;
}

/** The title chosen from buttons or a list; of a form (`nfm_reply`), its body. */
function interactive(content: unknown): string | undefined {
  const chosen = fieldOf(content, textOf(content, "type") ?? "");
  return textOf(chosen, "title") ?? textOf(chosen, "body");
}

/** `Old Mill, 1 Mill Road (37.46, -122.21)`, or the parts of it that are given. */
function locationOf(content: unknown): string | undefined {
  const names = joined([textOf(content, "name"), textOf(content, "address")]);
  return withDetail(names, joined([numberOf(content, "latitude"), numberOf(content, "longitude")]));
}

/** `Ada Green (+1 555 0100, +1 555 0101), Ben Brown`. */
function cards(contacts: readonly unknown[]): string | null {
  return joined(contacts.map(card)) ?? null;
}

function card(contact: unknown): string | undefined {
  const name = fieldOf(contact, "name");
  const names = textOf(name, "formatted_name") ?? [textOf(name, "first_name"), textOf(name, "last_name")].filter(isText).join(" ");
  return withDetail(names, joined(listOf(contact, "phones").map((phone) => textOf(phone, "phone") ?? textOf(phone, "wa_id"))));
}

function withDetail(words: string | undefined, detail: string | undefined): string | undefined {
  if (detail === undefined) return words;
  return isText(words) ? `${words} (${detail})` : `(${detail})`;
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  const words = parts.filter(isText).join(", ");
  return words === "" ? undefined : words;
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/** A number in its shortest decimal form, or the text that was sent instead. */
function numberOf(content: unknown, name: string): string | undefined {
  const value = fieldOf(content, name);
  return typeof value === "number" ? String(value) : textOf(content, name);
}
