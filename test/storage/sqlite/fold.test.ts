import assert from "node:assert/strict";
import { test } from "node:test";
import { foldCase, trigramQuery } from "../../../src/storage/sqlite/index/fold.ts";

test("code points that ECMAScript matches with the flags iu fold to the same text, in all of Unicode", () => {
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

test("a text is folded code point by code point", () => {
  for (const text of ["ΟΔΥΣΣΕΥΣ", "Σ Σ.", "İI", "ẞß", "ǅ", "a\u0301"]) {
    assert.equal(foldCase(text), [...text].map(foldCase).join(""));
  }
});

test("a phrase of fewer than three code points has no trigrams", () => {
  assert.equal(trigramQuery("ab"), undefined);
  assert.equal(trigramQuery("😀😀"), undefined);
  assert.equal(trigramQuery("a\u0000b"), undefined);
});

test("trigrams are folded, distinct and quoted, and a long phrase has only a few", () => {
  assert.equal(trigramQuery("ABC"), '"abc"');
  assert.equal(trigramQuery('a"bc'), '"a""b" AND """bc"');
  assert.equal(trigramQuery("aaaaaa"), '"aaa"');
  assert.ok((trigramQuery([..."abcdefghijklmnopqrstuvwxyz"].join("-").repeat(50)) ?? "").split(" AND ").length <= 16);
});
