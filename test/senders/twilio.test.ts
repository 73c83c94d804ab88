import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readTwilio } from "../../src/senders/twilio.ts";

const RECEIVED = Date.parse("2025-01-15T10:00:00.120Z");
const SMS = { MessageSid: "SM1", AccountSid: "AC1", From: "+14155550101", To: "+14155550100", Body: "Hi & bye 👋", NumMedia: "0" };

const read = (fields: Readonly<Record<string, string>>): ReturnType<typeof readTwilio> =>
  readTwilio(new URLSearchParams(fields), { receivedAtMs: RECEIVED });

describe("readTwilio", () => {
  it("reads an SMS, timed by its receipt", () => {
    assert.deepEqual(read(SMS), {
      format: "twilio",
      timedByReceipt: true,
      messages: [
        {
          messageId: "SM1",
          from: "+14155550101",
          to: "+14155550100",
          ts: "2025-01-15T10:00:00.12Z",
          tsMs: RECEIVED,
          text: "Hi & bye 👋",
          payload: JSON.stringify(SMS),
        },
      ],
      ignored: [],
      warnings: [],
    });
  });

  const rows: readonly (readonly [name: string, fields: object, row: object])[] = [
    ["drops the prefix of WhatsApp", { From: "whatsapp:+1650", To: "whatsapp:+1415" }, { from: "+1650", to: "+1415" }],
    ["keeps a short code and another channel", { From: "72345", To: "rcs:brand" }, { from: "72345", to: "rcs:brand" }],
    ["keeps a text of any length", { Body: "é".repeat(5000) }, { text: "é".repeat(5000) }],
    ["keeps the empty text of a picture", { Body: "" }, { text: "" }],
  ];
  for (const [name, fields, row] of rows) {
    it(name, () => {
      const { messages } = read({ ...SMS, ...fields });
      assert.deepEqual({ ...messages[0], ...row }, messages[0]);
    });
  }

  it("writes a whole second without a fraction", () => {
    const { messages } = readTwilio(new URLSearchParams(SMS), { receivedAtMs: 1_736_935_210_000 });
    assert.equal(messages[0]?.ts, "2025-01-15T10:00:10Z");
  });

  it("gives null for a missing text and an empty string for a missing number", () => {
    assert.deepEqual(
      read({ MessageSid: "SM1" }).messages.map(({ from, to, text }) => [from, to, text]),
      [["", "", null]],
    );
  });

  it("ignores a status report of an outgoing message", () => {
    for (const status of ["queued", "sent", "delivered", "undelivered", "failed", "read"]) {
      const { messages, ignored, warnings } = read({ ...SMS, MessageStatus: status });
      assert.deepEqual([messages, ignored, warnings], [[], [{ kind: "statuses", count: 1 }], []]);
    }
    assert.equal(read({ ...SMS, MessageStatus: "received" }).messages.length, 1);
  });

  it("ignores a form that is not a message, with a warning", () => {
    for (const fields of [{}, { CallSid: "CA1", From: "+1" }, { MessageSid: "" }]) {
      const { messages, ignored, warnings } = read(fields);
      assert.deepEqual([messages, ignored, warnings.length], [[], [{ kind: "incomplete", count: 1 }], 1]);
    }
  });

  it("keeps every value of a repeated parameter, and a parameter named __proto__, in the payload", () => {
    const form = new URLSearchParams("MessageSid=SM1&From=%2B1&From=%2B2&__proto__=x");
    const [message] = readTwilio(form, { receivedAtMs: RECEIVED }).messages;
    assert.equal(message?.from, "+1");
    assert.equal(message?.payload, '{"MessageSid":"SM1","From":["+1","+2"],"__proto__":"x"}');
  });
});
