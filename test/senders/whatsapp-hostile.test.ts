import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { at } from "../support/json.ts";
import { change, element, notification, only, read, readText } from "./notification.ts";

describe("hostile shapes", () => {
  const values: readonly unknown[] = [null, true, 0, -1, 1.5, 1e300, "", "x", [], [[]], {}, { length: 3 }, { toJSON: 1, toString: 2 }];
  const paths = [
    ["id"],
    ["timestamp"],
    ["from"],
    ["type"],
    ["text"],
    ["text", "body"],
    ["interactive"],
    ["contacts"],
    ["edit"],
    ["location"],
    ["__proto__"],
  ];
  const types = ["text", "image", "interactive", "contacts", "edit", "location", "system", "order", "reaction", "button", "revoke"];

  it("stores every element with an id and a timestamp, and never throws", () => {
    for (const type of types) {
      for (const path of paths) {
        for (const value of values) {
          const body = notification([change([element({ type, id: "wamid.kept" }), put(element({ type }), path, value)])]);
          const { messages, ignored, warnings } = read(body);
          const omitted = 2 - messages.length;
          assert.equal(messages[0]?.messageId, "wamid.kept");
          assert.deepEqual([ignored, warnings.length], omitted === 0 ? [[], 0] : [[{ kind: "incomplete", count: 1 }], 1]);
          if (omitted > 0) assert.ok(path[0] === "id" || path[0] === "timestamp", `${path}`);
          assert.ok(messages.every(({ text }) => text === null || typeof text === "string"));
        }
      }
    }
  });

  it("ignores values of the wrong type at every level above the elements", () => {
    for (const value of values) {
      const bodies = [
        { object: "whatsapp_business_account", entry: value },
        { object: "whatsapp_business_account", entry: [value, { changes: value }] },
        notification([value]),
        notification([change([], { messages: value, message_echoes: value, contacts: value, metadata: value })]),
        notification([change([value])]),
      ];
      for (const body of bodies) {
        const { messages, ignored } = read(body);
        assert.equal(messages.length, 0);
        assert.ok(ignored.length > 0);
      }
    }
  });

  it("reads no field from a __proto__ in the body", () => {
    const json = JSON.stringify(notification([change([element({ id: undefined })])])).replace(
      '"type":"text"',
      '"type":"text","__proto__":{"id":"x"}',
    );
    assert.deepEqual(readText(json).messages, []);
  });

  it("accepts an id and a timestamp that are sent as numbers", () => {
    const { messageId, ts } = only(read(notification([change([element({ id: 77, timestamp: 1749416383 })])])).messages);
    assert.deepEqual([messageId, ts], ["77", "2025-06-08T20:59:43Z"]);
  });

  for (const timestamp of ["", " ", "x", "-1", "1749416383.5", "1749416383000000", "NaN", "Infinity", "1e3", "0x10"]) {
    it(`ignores a message with the timestamp ${JSON.stringify(timestamp)}`, () => {
      assert.deepEqual(read(notification([change([element({ timestamp })])])).ignored, [{ kind: "incomplete", count: 1 }]);
    });
  }
});

/** A copy with another value at a path. Names such as `__proto__` become own properties, as in JSON.parse. */
function put(object: object, [name = "", ...rest]: readonly string[], value: unknown): object {
  const inner = rest.length === 0 ? value : put(Object(at(object, name)), rest, value);
  return Object.fromEntries([...Object.entries(object), [name, inner]]);
}
