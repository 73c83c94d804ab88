import assert from "node:assert/strict";
import { test } from "node:test";
import { containsMatcher, foldCase, trigramQuery } from "../../src/storage/sqlite/index/fold.ts";

test("code points that ECMAScript's iu matching holds equal fold to the same text, in the whole of Unicode", () => {
  const cased: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
    const character = String.fromCodePoint(codePoint);
    if (character.toLowerCase() !== character || character.toUpperCase() !== character) cased.push(character);
  }
  const all = cased.join("");
  for (const character of cased) {
    for (const equal of all.match(new RegExp(RegExp.escape(character), "giu")) ?? []) {
      assert.equal(foldCase(equal), foldCase(character), `U+${character.codePointAt(0)?.toString(16)}`);
    }
  }
});

test("folding a text is folding its code points one by one", () => {
  for (const text of ["ΟΔΥΣΣΕΥΣ", "Σ Σ.", "İI", "ẞß", "ǅ", "a\u0301"]) {
    assert.equal(foldCase(text), [...text].map(foldCase).join(""));
  }
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
    assert.equal(containsMatcher(q)(text), matches);
  });
}

test("a phrase below three code points has no trigrams", () => {
  assert.equal(trigramQuery("ab"), undefined);
  assert.equal(trigramQuery("😀😀"), undefined);
  assert.equal(trigramQuery("a\u0000b"), undefined);
});

test("trigrams are folded, distinct and quoted, and a long phrase gives few", () => {
  assert.equal(trigramQuery("ABC"), '"abc"');
  assert.equal(trigramQuery('a"bc'), '"a""b" AND """bc"');
  assert.equal(trigramQuery("aaaaaa"), '"aaa"');
  assert.ok((trigramQuery([..."abcdefghijklmnopqrstuvwxyz"].join("-").repeat(50)) ?? "").split(" AND ").length <= 16);
});
