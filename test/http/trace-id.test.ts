import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readTraceId } from "../../src/http/trace-id.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const GOOD = `00-${TRACE}-${PARENT}-01`;

describe("readTraceId", () => {
  for (const [name, traceparent] of [
    ["version 00", GOOD],
    ["any flags", `00-${TRACE}-${PARENT}-ff`],
    ["ids that begin with zeros", `00-${TRACE}-000000000000000f-00`],
    ["a later version of the same length", `01-${TRACE}-${PARENT}-01`],
    ["the last version", `fe-${TRACE}-${PARENT}-01`],
    ["a later version with more after a dash", `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`],
    ["a later version that ends with a dash", `cc-${TRACE}-${PARENT}-01-`],
  ] as const) {
    it(`accepts ${name}`, () => {
      assert.equal(readTraceId(traceparent), TRACE);
    });
  }

  for (const [name, traceparent] of [
    ["nothing", undefined],
    ["an empty header", ""],
    ["a list", [GOOD]],
    ["the header sent twice", `${GOOD}, ${GOOD}`],
    ["a later version's header sent twice", `cc-${TRACE}-${PARENT}-01-x, ${GOOD}`],
    ["version ff", GOOD.replace(/^00/, "ff")],
    ["version 00 with more", `${GOOD}-`],
    ["version 00 with one more character", `${GOOD}0`],
    ["version 00 with one character less", GOOD.slice(0, -1)],
    ["a later version without a dash", `cc-${TRACE}-${PARENT}-01.what`],
    ["a trace-id of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a parent-id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a trace-id in upper case", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ["a parent-id in upper case", `00-${TRACE}-${PARENT.toUpperCase()}-01`],
    ["a version in upper case", `CC-${TRACE}-${PARENT}-01`],
    ["flags in upper case", `00-${TRACE}-${PARENT}-0F`],
    ["an invalid digit", `00-${TRACE.replace("4", "g")}-${PARENT}-01`],
    ["no flags", `00-${TRACE}-${PARENT}`],
    ["other separators", GOOD.replaceAll("-", "_")],
    ["white space around it", ` ${GOOD}`],
    ["a line feed after it", `${GOOD}\n`],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.equal(readTraceId(traceparent), undefined);
    });
  }
});
