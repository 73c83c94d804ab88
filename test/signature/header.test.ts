import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readHexOrBase64, readSignature } from "../../src/signature/header.ts";

const HEX = "000102030405060708090a0b0c0d0e0f101112131415161718f0abcdefABCDEF";
const BYTES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 240, 171, 205, 239, 171, 205, 239];

describe("readSignature", () => {
  for (const prefix of ["optional", "required"] as const) {
    it(`reads 64 hex digits of either case after a prefix that is ${prefix}`, () => {
      const into = new Uint8Array(32);
      assert.equal(readSignature(`sha256=${HEX}`, into, { prefix }), true);
      assert.deepEqual([...into], BYTES);
    });
  }

  it("reads 64 hex digits without a prefix if the prefix is optional", () => {
    const into = new Uint8Array(32);
    assert.equal(readSignature(HEX, into, { prefix: "optional" }), true);
    assert.deepEqual([...into], BYTES);
  });

  it("refuses 64 hex digits without a prefix if the prefix is required", () => {
    assert.equal(readSignature(HEX, new Uint8Array(32), { prefix: "required" }), false);
  });

  for (const [name, text] of [
    ["an empty value", ""],
    ["only the prefix", "sha256="],
    ["63 digits", HEX.slice(1)],
    ["65 digits", `${HEX}0`],
    ["63 digits after the prefix", `sha256=${HEX.slice(1)}`],
    ["65 digits after the prefix", `sha256=${HEX}0`],
    ["71 digits", `${HEX}0000000`],
    ["the prefix in upper case", `SHA256=${HEX}`],
    ["another algorithm", `sha512=${HEX}`],
    ["SHA-1", `sha1=${HEX.slice(24)}`],
    ["the prefix twice", `sha256=sha256=${HEX}`],
    ["white space before it", ` ${HEX}`],
    ["white space instead of a digit", `${HEX.slice(1)} `],
    ["white space after the prefix", `sha256= ${HEX.slice(1)}`],
    ["the prefix 0x", `0x${HEX.slice(2)}`],
    ["the character before 0", `/${HEX.slice(1)}`],
    ["the character after 9", `:${HEX.slice(1)}`],
    ["the character before A", `@${HEX.slice(1)}`],
    ["the character after F", `G${HEX.slice(1)}`],
    ["the character before a", `\`${HEX.slice(1)}`],
    ["the character after f", `g${HEX.slice(1)}`],
    ["a wrong last character", `${HEX.slice(1)}g`],
    ["a wrong character in the low half", `${HEX.slice(0, 1)}g${HEX.slice(2)}`],
    ["the high half f with a wrong low half", `fg${HEX.slice(2)}`],
    ["a NUL", `\u0000${HEX.slice(1)}`],
    ["a Latin-1 character", `\u00e1${HEX.slice(1)}`],
    ["a character whose low byte is a digit", `\u0130${HEX.slice(1)}`],
    ["a character whose low byte is a letter", `\u0161${HEX.slice(1)}`],
    ["Base64", "q83vq83vq83vq83vq83vq83vq83vq83vq83vq83vq80="],
    ["two signatures as Node.js joins them", `${HEX}, ${HEX}`],
    ["two short signatures that join to 64 characters", `${HEX.slice(0, 31)}, ${HEX.slice(0, 31)}`],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.equal(readSignature(text, new Uint8Array(32), { prefix: "optional" }), false);
    });
  }
});

describe("readHexOrBase64", () => {
  const base64 = Buffer.from(BYTES).toString("base64");
  for (const [name, text] of [
    ["hex", HEX],
    ["hex with its prefix", `sha256=${HEX}`],
    ["base64", base64],
    ["base64 with the prefix", `sha256=${base64}`],
    ["base64 without padding", base64.slice(0, -1)],
    ["base64url", Buffer.from(BYTES).toString("base64url")],
  ] as const) {
    it(`reads ${name}`, () => {
      const into = new Uint8Array(32);
      assert.equal(readHexOrBase64(text, into), true);
      assert.deepEqual([...into], BYTES);
    });
  }

  for (const [name, text] of [
    ["an empty value", ""],
    ["base64 of 31 bytes", `${"A".repeat(42)}==`],
    ["base64 of 33 bytes", "A".repeat(44)],
    ["base64 with bits left over", `${base64.slice(0, -2)}5=`],
    ["two values as Node.js joins them", `${base64}, ${base64}`],
    ["white space", ` ${base64}`],
    ["another prefix", `sha1=${base64}`],
    ["a timestamp and v1=", `t=1700000000,v1=${HEX}`],
    ["a character beyond ASCII", `\u0141${base64.slice(1)}`],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.equal(readHexOrBase64(text, new Uint8Array(32)), false);
    });
  }
});
