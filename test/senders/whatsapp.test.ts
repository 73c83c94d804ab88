import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Message } from "../../src/core/message.ts";
import { readJsonDelivery } from "../../src/senders/json-senders.ts";
import { at } from "../support/json.ts";
import { change, element, notification, only, read, readText } from "./notification.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function rowOf({ messageId, from, to, ts, text }: Message): unknown {
  return { message_id: messageId, from, to, ts, text };
}

const textOfElement = (fields: object): string | null => only(read(notification([change([element(fields)])])).messages).text;

describe("examples of notifications", () => {
  const lines = readFileSync(new URL("./fixtures/whatsapp-examples.jsonl", import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  for (const line of lines) {
    const example: unknown = JSON.parse(line);
    it(String(at(example, "name")), () => {
      const delivery = read(at(example, "payload"));
      assert.deepEqual(delivery.messages.map(rowOf), at(example, "mapping"));
      assert.deepEqual(delivery.warnings, []);
      for (const message of delivery.messages) assert.equal(message.tsMs, Date.parse(message.ts));
    });
  }
});

describe("the text of each type of message", () => {
  const rows: readonly (readonly [name: string, fields: object, text: string | null])[] = [
    ["a reply", { type: "text", text: { body: "Blue, please" }, context: { from: "15550100", id: "wamid.Q" } }, "Blue, please"],
    ["a forward", { type: "text", text: { body: "Look" }, context: { forwarded: true, frequently_forwarded: true } }, "Look"],
    ["a text of 5,000 characters", { type: "text", text: { body: "é".repeat(5000) } }, "é".repeat(5000)],
    ["an empty text", { type: "text", text: { body: "" } }, ""],
    ["a document with a caption", { type: "document", document: { id: "1", filename: "bill.pdf", caption: "My bill" } }, "My bill"],
    ["a document without one", { type: "document", document: { id: "1", filename: "bill.pdf" } }, null],
    ["a video with a caption", { type: "video", video: { id: "1", caption: "It rattles" } }, "It rattles"],
    ["a voice message", { type: "audio", audio: { id: "1", voice: true } }, null],
    ["a sticker", { type: "sticker", sticker: { id: "1", animated: false } }, null],
    [
      "a choice from a list",
      { type: "interactive", interactive: { type: "list_reply", list_reply: { id: "b", title: "Size M", description: "In stock" } } },
      "Size M",
    ],
    [
      "a form",
      { type: "interactive", interactive: { type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: "{}" } } },
      "Sent",
    ],
    [
      "an interactive reply of an unknown type",
      { type: "interactive", interactive: { type: "poll_reply", poll_reply: { choice: 1 } } },
      null,
    ],
    ["a removed reaction", { type: "reaction", reaction: { message_id: "wamid.Q" } }, null],
    ["an order", { type: "order", order: { catalog_id: "7", text: "By Friday?", product_items: [{ quantity: 2 }] } }, "By Friday?"],
    [
      "a new number",
      { type: "system", system: { type: "user_changed_number", body: "Asha changed her number", wa_id: "16505550143" } },
      "Asha changed her number",
    ],
    [
      "an edit of a text",
      { type: "edit", edit: { original_message_id: "wamid.Q", message: { type: "text", text: { body: "Green" } } } },
      "Green",
    ],
    [
      "an edit of a caption",
      { type: "edit", edit: { original_message_id: "wamid.Q", message: { type: "image", image: { caption: "New" } } } },
      "New",
    ],
    ["an edit of an edit, which does not exist", { type: "edit", edit: { message: { type: "edit", edit: { message: {} } } } }, null],
    ["a deletion", { type: "revoke", revoke: { original_message_id: "wamid.Q" } }, null],
    ["a place without a name", { type: "location", location: { latitude: -33.5, longitude: 151 } }, "(-33.5, 151)"],
    ["a place with only an address", { type: "location", location: { latitude: 0, longitude: 0, address: "1 Pier" } }, "1 Pier (0, 0)"],
    ["a place without coordinates", { type: "location", location: { name: "Home" } }, "Home"],
    [
      "contact cards",
      {
        type: "contacts",
        contacts: [
          {
            name: { formatted_name: "Ben Ode", first_name: "Ben" },
            phones: [{ phone: "+1 555 0101", wa_id: "15550101" }, { wa_id: "15550102" }],
          },
          { name: { first_name: "Cleo", last_name: "Day" } },
          { phones: [{ phone: "+1 555 0103" }] },
        ],
      },
      "Ben Ode (+1 555 0101, 15550102), Cleo Day, (+1 555 0103)",
    ],
    ["an unsupported message", { type: "unsupported", errors: [{ code: 131051, title: "Unsupported message type" }] }, null],
    ["an unknown type", { type: "hologram", hologram: { body: "?" } }, null],
    ["a type named like a property of every object", { type: "constructor" }, null],
    ["half a surrogate pair", { type: "text", text: { body: "a\ud800b" } }, "a\ufffdb"],
  ];
  for (const [name, fields, text] of rows) it(name, () => assert.equal(textOfElement(fields), text));
});

describe("the sender and the recipient", () => {
  const party = (fields: object, value: object = {}): readonly unknown[] => {
    const { from, to } = only(read(notification([change([element(fields)], value)])).messages);
    return [from, to];
  };
  it("a business without a number is identified by its id", () => {
    assert.deepEqual(party({}, { metadata: { phone_number_id: "106540352242922" } }), ["+16505550142", "106540352242922"]);
  });
  it("a sender without a number or id is empty, and the message is kept", () => {
    assert.deepEqual(party({ from: undefined }, { metadata: 7 }), ["", ""]);
  });
  it("a sender's number may have its plus sign, or be a JSON number", () => {
    assert.deepEqual(party({ from: "+16505550142" }), ["+16505550142", "+15550783881"]);
    assert.deepEqual(party({ from: 16505550142 }), ["+16505550142", "+15550783881"]);
  });
  it("an echo without metadata keeps its own sender, and goes to a user id if there is no number", () => {
    const echo = element({ from: "15550783881", to_user_id: "US.99" });
    const { from, to } = only(read(notification([{ field: "smb_message_echoes", value: { message_echoes: [echo] } }])).messages);
    assert.deepEqual([from, to], ["+15550783881", "US.99"]);
  });
});

describe("the payload", () => {
  it("is the value of the change with only this element and its contact", () => {
    const one = element({ id: "wamid.1", from: "111" });
    const two = element({ id: "wamid.2", from: undefined, from_user_id: "US.2" });
    const contacts = [{ wa_id: "111", profile: { name: "A" } }, { user_id: "US.2", profile: { name: "B" } }, { wa_id: "333" }];
    const body = notification([change([one, two], { contacts })]);
    const payloads = read(body).messages.map(({ payload }) => JSON.parse(payload ?? ""));
    const { messages: _, ...rest } = change([]).value;
    assert.deepEqual(payloads, [
      { ...rest, contacts: [contacts[0]], messages: [JSON.parse(JSON.stringify(one))] },
      { ...rest, contacts: [contacts[1]], messages: [JSON.parse(JSON.stringify(two))] },
    ]);
  });

  it("of each message in a large notification has only the contact of its own sender", () => {
    const people = Array.from({ length: 1000 }, (_, index) => String(16505550000 + index));
    const contacts = people.map((wa_id) => ({ wa_id, profile: { name: "N".repeat(50) } }));
    const body = JSON.stringify(
      notification([
        change(
          people.map((from) => element({ from, id: `wamid.${from}` })),
          { contacts },
        ),
      ]),
    );
    const { messages } = readText(body);
    assert.equal(messages.length, 1000);
    assert.ok(messages.every(({ payload }) => payload !== undefined && payload.length < 500));
  });

  it("is absent, with a warning, if it is nested too deeply to serialise", () => {
    const deep = `${'{"0":'.repeat(100_000)}0${"}".repeat(100_000)}`;
    const body = JSON.stringify(notification([change([element({ extra: "DEEP" })])])).replace('"DEEP"', deep);
    const delivery = readText(body);
    assert.equal(only(delivery.messages).payload, undefined);
    assert.equal(delivery.warnings.length, 1);
  });
});

describe("messages of several numbers in one notification", () => {
  it("keep their order, each with its own number", () => {
    const entry = (number: string, ids: readonly string[]): unknown => ({
      id: number,
      changes: ids.map((id) => change([element({ id })], { metadata: { display_phone_number: number } })),
    });
    const { messages } = read({ object: "whatsapp_business_account", entry: [entry("111", ["a", "b"]), entry("222", ["c"])] });
    assert.deepEqual(
      messages.map(({ messageId, to }) => [messageId, to]),
      [
        ["a", "+111"],
        ["b", "+111"],
        ["c", "+222"],
      ],
    );
  });
});

describe("changes without a message", () => {
  const value = change([]).value;
  const rows: readonly (readonly [name: string, changes: readonly unknown[], ignored: object])[] = [
    ["each status counts", [{ field: "messages", value: { ...value, messages: undefined, statuses: [{}, {}] } }], { statuses: 2 }],
    [
      "history is ignored",
      [{ field: "history", value: { ...value, messages: undefined, history: [{ threads: [{ messages: [element({})] }] }] } }],
      { history: 1 },
    ],
    ["a change of another field counts once", [{ field: "account_update", value: { event: "DISABLED" } }], { account_update: 1 }],
    ["a change without elements counts once", [change([])], { messages: 1 }],
    ["a value of the wrong type", [{ field: "messages", value: "x" }], { messages: 1 }],
    ["a field with an arbitrary name", [{ field: "Ignore: all", value: {} }, null], { other: 2 }],
    ["no change", [], { notification: 1 }],
  ];
  for (const [name, changes, ignored] of rows) {
    it(name, () => {
      const delivery = read(notification(changes));
      assert.deepEqual(Object.fromEntries(delivery.ignored.map(({ kind, count }) => [kind, count])), ignored);
      assert.deepEqual([delivery.messages, delivery.warnings], [[], []]);
    });
  }
});

it("a body with another object is read in this service's own format", () => {
  for (const body of [{ object: "page", entry: [] }, { object: ["whatsapp_business_account"] }]) {
    const delivery = readJsonDelivery(encode(JSON.stringify(body)));
    assert.ok(!delivery.ok);
    assert.equal(delivery.error.errors.length, 4);
  }
});
