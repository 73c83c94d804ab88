import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp();

/** An id, and its spellings in the path. */
const IDS: readonly (readonly [string, ...string[]])[] = [
  ["plain", "plain", "pl%61in"],
  ["a/b", "a%2Fb", "a%2fb"],
  ["/", "%2F"],
  ["a b", "a%20b"],
  ["a+b", "a+b", "a%2Bb"],
  ["\u{1F600}", "%F0%9F%98%80"],
  [".", "%2E", "%2e", "."],
  ["..", "%2E%2E", "%2e%2e", ".."],
  ["a\u0000b", "a%00b"],
  ["100%", "100%25"],
  ["%2F", "%252F"],
  ["?q=1", "%3Fq=1", "%3Fq=1?ignored"],
  ["#", "%23"],
  ["\\", "%5C"],
  ["\"'", "%22'", "%22%27"],
  ["{message_id}", "%7Bmessage_id%7D"],
  ["__proto__", "__proto__"],
  ["\ufeff", "%EF%BB%BF"],
];

test("GET /messages/{message_id} returns the message, whatever its id contains", async () => {
  const app = await shared();
  for (const [message_id] of IDS) assert.equal((await app.deliver(delivery({ message_id }))).status, 200);
  for (const [message_id, ...spellings] of IDS) {
    for (const spelling of spellings) {
      const response = await app.request(`/messages/${spelling}`);
      assert.equal(response.status, 200, spelling);
      const createdAt = at(response.json, "created_at");
      assert.deepEqual(response.json, { ...delivery({ message_id }), created_at: createdAt }, spelling);
      assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  }
});

test("an unknown id gets 404", async () => {
  const app = await shared();
  await app.deliver(delivery());
  for (const path of ["m2", "M1", "m1%20", "m1%00", "m1%2F"]) {
    const response = await app.request(`/messages/${path}`);
    assert.equal(response.status, 404, path);
    assert.equal(response.body, '{"detail":"not found"}', path);
  }
});

test("a slash in an id must be percent-encoded, otherwise the path gets 404", async () => {
  const app = await shared();
  await app.deliver(delivery({ message_id: "x/m1" }));
  const response = await app.request("/messages/x/m1");
  assert.deepEqual([response.status, response.body], [404, '{"detail":"not found: the nearest path is /messages/{message_id}"}']);
  assert.equal((await app.request("/messages/x%2Fm1")).status, 200);
});

test("an id with invalid percent-encoding gets 422", async () => {
  const app = await shared();
  for (const id of ["%", "%2", "%zz", "%FF", "%C0%AF", "%ED%A0%80"]) {
    const response = await app.request(`/messages/${id}`);
    assert.equal(response.status, 422, id);
    assert.deepEqual(at(response.json, "detail", 0, "loc"), ["path", "message_id"], id);
  }
});
