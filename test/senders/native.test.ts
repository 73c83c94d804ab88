import assert from "node:assert/strict";
import { it } from "node:test";
import { readJsonDelivery } from "../../src/senders/json-senders.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

it("a body in this service's own format is one message without a payload", () => {
  const body = { message_id: "m1", from: "+919876543210", to: "+14155550100", ts: "2025-01-15T10:00:00Z", text: "Hello", object: "x" };
  const message = { messageId: "m1", from: body.from, to: body.to, ts: body.ts, tsMs: 1_736_935_200_000, text: "Hello" };
  assert.deepEqual(readJsonDelivery(encode(JSON.stringify(body))), {
    ok: true,
    value: { format: "native", messages: [message], ignored: [], warnings: [], timedByReceipt: false },
  });
});

for (const [body, type] of [
  [encode("[]"), "dict_type"],
  [encode(""), "json_invalid"],
  [Uint8Array.of(0xff), "string_unicode"],
] as const) {
  it(`a body that is not a JSON object is refused as a whole: ${type}`, () => {
    const delivery = readJsonDelivery(body);
    assert.ok(!delivery.ok);
    assert.deepEqual(
      delivery.error.errors.map((error) => [error.loc, error.type]),
      [[["body"], type]],
    );
    assert.equal("messageId" in delivery.error, false);
  });
}
