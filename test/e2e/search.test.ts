import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp();

/** Texts by message_id. */
const TEXTS: Readonly<Record<string, string | null>> = {
  a: "50% off",
  b: "50 off",
  c: "snake_case",
  d: "snakeXcase",
  e: "C:\\temp",
  f: "it's",
  g: 'say "hi" now',
  h: "1 + 1 = 2",
  i: "1 1 = 2",
  j: "a*b (c) [d] ^e$ AND NOT NEAR",
  k: "a\u0000b",
  l: "\u{1F600} smile",
  m: "ΔΥΣ",
  n: "Οδυσσεύς",
  o: "ПРИВЕТ мир",
  p: "Straße",
  q: "STRASSE",
  r: "İstanbul",
  s: "istanbul",
  t: "\u212A is kelvin",
  u: "\u{10400} deseret",
  v: "e\u0301tude",
  w: null,
  x: "",
  y: "two  spaces",
};

/** The value of q as sent, and the ids of the messages found. */
const SEARCHES: readonly (readonly [string, string])[] = [
  ["50%25", "a"],
  ["%25", "a"],
  ["50", "ab"],
  ["_", "c"],
  ["snake_case", "c"],
  ["%5C", "e"],
  [":%5Ctemp", "e"],
  ["'", "f"],
  ["it's", "f"],
  ["%22", "g"],
  ["%22hi%22", "g"],
  ["1+%2B+1", "h"],
  ["1%20%2B%201", "h"],
  ["1+1", "i"],
  ["two++spaces", "y"],
  ["two+spaces", ""],
  ["*b", "j"],
  ["(c)+[d]", "j"],
  ["^e$", "j"],
  ["and+not", "j"],
  ["a%00b", "k"],
  ["%F0%9F%98%80", "l"],
  ["%F0%9F%98%80+SMI", "l"],
  [encodeURIComponent("ΔΥΣ"), "mn"],
  [encodeURIComponent("δυσ"), "mn"],
  [encodeURIComponent("δυς"), "mn"],
  [encodeURIComponent("ΟΔΥΣΣΕΎΣ"), "n"],
  [encodeURIComponent("привет МИР"), "o"],
  [encodeURIComponent("ри"), "o"],
  [encodeURIComponent("STRAẞE"), "p"],
  // Simple case folding maps one code point to one.
  ["strasse", "q"],
  ["istanbul", "s"],
  [encodeURIComponent("İSTAN"), "r"],
  ["k+is", "t"],
  ["K", "cdt"],
  [encodeURIComponent("\u{10428}"), "u"],
  // There is no normalization, so another sequence of code points does not match.
  [encodeURIComponent("\u00e9tude"), ""],
  [encodeURIComponent("E\u0301TUDE"), "v"],
  ["OFF", "ab"],
  ["f", "ab"],
  ["zzz", ""],
];

test("q finds a literal substring of the text, ignoring case in every script", async () => {
  const app = await shared();
  for (const [message_id, text] of Object.entries(TEXTS)) assert.equal((await app.deliver(delivery({ message_id, text }))).status, 200);
  for (const [q, expected] of SEARCHES) {
    const { json } = await app.request(`/messages?q=${q}`);
    const ids = listAt(json, "data").map((message) => at(message, "message_id"));
    assert.deepEqual(ids, [...expected], q);
    assert.equal(at(json, "total"), expected.length, q);
  }
});

test("an empty q means no filter: messages without text are listed too", async () => {
  const app = await shared();
  await app.deliver(delivery({ message_id: "without text", to: "+1", text: null }));
  assert.equal(at((await app.request("/messages?q=&to=+1")).json, "total"), 1);
});

test("a q that is not UTF-8 finds nothing and is not an error", async () => {
  const app = await shared();
  await app.deliver(delivery({ to: "+2" }));
  for (const q of ["%FF", "%", "%zz", "%ED%A0%80"]) {
    const response = await app.request(`/messages?to=+2&q=${q}`);
    assert.equal(response.status, 200, q);
    assert.equal(at(response.json, "total"), 0, q);
  }
});
