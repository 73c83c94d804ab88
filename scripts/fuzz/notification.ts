import { anyString, type Random } from "./random.ts";

const TYPES = [
  "text",
  "image",
  "interactive",
  "reaction",
  "order",
  "system",
  "location",
  "contacts",
  "edit",
  "revoke",
  "constructor",
  "",
] as const;
const NAMES = [
  "id",
  "timestamp",
  "from",
  "from_user_id",
  "type",
  "text",
  "body",
  "messages",
  "metadata",
  "contacts",
  "value",
  "changes",
  "entry",
  "field",
  "__proto__",
] as const;

/** A WhatsApp notification, in which any part may have a value of the wrong type. */
export function notification(random: Random, id: string): Record<string, unknown> {
  const messages = Array.from({ length: random.below(5) }, (_, index) => element(random, `${id}.${index}`));
  const list = random.pick(["messages", "messages", "message_echoes", "statuses", "history", "messages"]);
  const value = strange(random, {
    messaging_product: "whatsapp",
    metadata: strange(random, { display_phone_number: "+1 415-555-0100", phone_number_id: "9" }),
    [list]: messages,
  });
  const change = strange(random, { field: "messages", value });
  return {
    ...strange(random, { entry: [strange(random, { id: "1", changes: [change, change] })] }),
    object: "whatsapp_business_account",
  };
}

function element(random: Random, id: string): Record<string, unknown> {
  const type = random.pick(TYPES);
  const content = strange(random, {
    body: anyString(random, 20),
    caption: anyString(random, 20),
    type: random.pick(TYPES),
    message: { type, [type]: { body: "x" } },
    name: "n",
    latitude: 1,
  });
  return strange(random, {
    id,
    timestamp: String(random.below(4e9)),
    from: String(random.below(1e12)),
    type,
    [type]: random.oneIn(10) ? [content] : content,
  });
}

/** Returns `given`, sometimes with one value replaced by one of another type. */
function strange(random: Random, given: Record<string, unknown>): Record<string, unknown> {
  if (!random.oneIn(6)) return given;
  const value = random.pick([
    undefined,
    null,
    true,
    0,
    -1.5e300,
    "",
    "\ud800",
    [],
    {},
    [[]],
    [null],
    { length: 3 },
    anyString(random, 300),
  ]);
  return Object.fromEntries([...Object.entries(given), [random.pick(NAMES), value]]);
}

/** Whether this body is a notification: a platform would send it again for days if it got anything but 200. */
export function isNotification(body: Buffer): boolean {
  try {
    return Object(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body))).object === "whatsapp_business_account";
  } catch {
    return false;
  }
}
