import assert from "node:assert/strict";
import { test } from "node:test";
import { createFold } from "../../../src/storage/postgres/fold.ts";
import { escapeText, unescapeText } from "../../../src/storage/postgres/text.ts";

const fold = createFold();
/** The characters of the texts: all that are escaped, all that escapes consist of, and others. */
const CHARACTERS = ["\u0000", "\u0001", "\u0002", "\u0003", "\u0004", "a", "\u{10FFFF}"];
const TEXTS = texts(3);

function texts(length: number): readonly string[] {
  return length === 0 ? [""] : ["", ...texts(length - 1).flatMap((rest) => CHARACTERS.map((character) => character + rest))];
}

function order(a: string, b: string): number {
  return Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

test("escaping removes NUL, can be undone, and keeps the order and the substrings of texts", () => {
  for (const a of TEXTS) {
    const escaped = escapeText(a);
    assert.ok(!escaped.includes("\0"));
    assert.equal(unescapeText(escaped), a);
    for (const b of TEXTS) {
      if (order(escaped, escapeText(b)) !== order(a, b)) assert.fail(`order of ${JSON.stringify([a, b])}`);
      if (escaped.includes(escapeText(b)) !== a.includes(b)) assert.fail(`contents of ${JSON.stringify([a, b])}`);
    }
  }
});

test("two characters fold to the same one if and only if a case-insensitive regular expression treats them as equal", () => {
  const all = Array.from({ length: 0x20000 }, (_, point) => String.fromCodePoint(point)).filter((character) => character.isWellFormed());
  const classes = Map.groupBy(all, fold);
  const text = all.join("");
  const wrong: string[] = [];
  for (const members of classes.values()) {
    const [first = ""] = members;
    if (members.length === 1 && first.toLowerCase() === first && first.toUpperCase() === first) continue;
    const alike = text.match(new RegExp(RegExp.escape(first), "giu")) ?? [];
    if (alike.join("") !== members.join("")) wrong.push(first);
  }
  assert.deepEqual(wrong, []);
});

test("a folded text is in lower case", () => {
  assert.equal(fold("ÄÖ \u212A ẞ İ"), "äö k ß İ");
});
