import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exceedsCodePoints } from "../../src/validation/code-points.ts";

describe("exceedsCodePoints", () => {
  for (const [name, text, exceeds] of [
    ["an empty text", "", false],
    ["as many units as the limit", "abcd", false],
    ["one unit more than the limit", "abcde", true],
    ["as many pairs as the limit", "😀😀😀😀", false],
    ["one pair more than the limit", "😀😀😀😀😀", true],
    ["as many pairs as the limit and one unit", "😀😀😀😀a", true],
    ["pairs and units up to the limit", "a😀b😀", false],
    ["pairs and units beyond the limit", "a😀b😀c", true],
    ["units before pairs beyond the limit", "abc😀😀", true],
    ["more units than the limit, but fewer code points", "abc😀", false],
    ["combining sequences of two code points each", "e\u0301e\u0301e", true],
    ["lone high surrogates up to the limit", "\ud83d\ud83d\ud83d\ud83d", false],
    ["lone high surrogates beyond the limit", "\ud83d\ud83d\ud83d\ud83d\ud83d", true],
    ["lone low surrogates beyond the limit", "\ude00\ude00\ude00\ude00\ude00", true],
    ["halves in the wrong order", "\ude00\ud83dabc", true],
    ["a lone half before a pair", "\ud83d😀ab", false],
  ] as const) {
    it(`is ${exceeds} for ${name}`, () => {
      assert.equal(exceedsCodePoints(text, 4), exceeds);
    });
  }
});
