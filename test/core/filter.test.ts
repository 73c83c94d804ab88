import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatcher, type Filterable, type MessageFilter } from "../../src/core/filter.ts";

const STORED: Filterable = { from: "+1", to: "+2", ts: "2025-01-15T10:00:00.5Z", text: "Hello" };

const filters: readonly [filter: MessageFilter, matches: boolean][] = [
  [{}, true],
  [{ from: "+1" }, true],
  [{ from: "+11" }, false],
  [{ from: "+2" }, false],
  [{ to: "+2" }, true],
  [{ to: "+1" }, false],
  // Compared as times, not as text, where ".5Z" sorts before "Z".
  [{ since: "2025-01-15T10:00:00Z" }, true],
  [{ since: "2025-01-15T10:00:00.5Z" }, true],
  [{ since: "2025-01-15T10:00:00.500000001Z" }, false],
  [{ since: "2025-01-15T10:00:01Z" }, false],
  [{ since: "0000-01-01T00:00:00Z" }, true],
  [{ until: "2025-01-15T10:00:00Z" }, false],
  [{ until: "2025-01-15T10:00:00.5Z" }, false],
  [{ until: "2025-01-15T10:00:00.500000001Z" }, true],
  [{ until: "9999-12-31T23:59:59.999999999Z" }, true],
  [{ q: "ELL" }, true],
  [{ from: "+1", to: "+2", since: "2025-01-15T10:00:00Z", until: "2025-01-15T10:00:01Z", q: "hello" }, true],
  [{ from: "+1", to: "+2", since: "2025-01-15T10:00:00Z", until: "2025-01-15T10:00:01Z", q: "bye" }, false],
];
for (const [filter, matches] of filters) {
  test(`the filter ${JSON.stringify(filter)} ${matches ? "matches" : "does not match"} the message`, () => {
    assert.equal(createMatcher(filter)(STORED), matches);
  });
}

test("a message without text matches no substring", () => {
  assert.equal(createMatcher({ q: "null" })({ ...STORED, text: null }), false);
});

const matching: readonly [text: string, q: string, matches: boolean][] = [
  ["Οδυσσεύς", "ΔΥΣ", true],
  ["ὈΔΥΣΣΕΎΣ", "εύς", true],
  ["straße", "STRAẞE", true],
  ["straße", "strasse", false],
  ["K", "\u212A", true],
  ["100%", "0%", true],
  ["100 percent", "0%", false],
  ["a_b", "_", true],
  ["a.b", "a.b", true],
  ["axb", "a.b", false],
  ["back\\slash", "\\", true],
  ["it's \"so\"", "\"SO\"", true],
  ["😀😀", "😀", true],
  ["new\nline", "W\nL", true],
];
for (const [text, q, matches] of matching) {
  test(`${JSON.stringify(text)} ${matches ? "contains" : "does not contain"} ${JSON.stringify(q)}`, () => {
    assert.equal(createMatcher({ q })({ ...STORED, text }), matches);
  });
}
