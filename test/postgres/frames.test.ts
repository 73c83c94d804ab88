import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { decode, type BackendMessage } from "../../src/postgres/backend.ts";
import { ProtocolError } from "../../src/postgres/errors.ts";
import { createFrameReader } from "../../src/postgres/frame-reader.ts";
import { pipeline } from "../../src/postgres/frontend.ts";
import { frame, int32 } from "./server.ts";

/**
 * The bytes that PostgreSQL 15.18 sent for `SELECT a, $2::int8 FROM unnest($1::text[]) a`, a repeated CREATE TABLE, and then `SELECT
 * 1/0`.
 */
const RECORDED = Buffer.from(
  "310000000432000000044400000012000200000002c3a400000002343244000000100002ffffffff000000023432" +
  "4400000010000200000000000000023432" +
  "440000001500020000000578f48fbfbf000000023432430000000d53454c454354203400" +
  "31000000043200000004" +
  "4e0000006e534e4f5449434500564e4f5449434500433432503037004d72656c6174696f6e2022782220616c7265616479206578697374732c20" +
  "736b697070696e67004670617273655f7574696c636d642e63004c32303700527472616e73666f726d43726561746553746d740000" +
  "4300000011435245415445205441424c4500" +
  "5a0000000549" +
  "31000000044500000041534552524f5200564552524f5200433232303132004d6469766973696f6e206279207a65726f0046696e742e63004c38363900" +
  "52696e743464697600005a0000000549",
  "hex",
);

const EXPECTED: readonly BackendMessage[] = [
  { kind: "skipped", type: "1" },
  { kind: "skipped", type: "2" },
  { kind: "row", row: ["ä", "42"], bytes: 14 },
  { kind: "row", row: [null, "42"], bytes: 12 },
  { kind: "row", row: ["", "42"], bytes: 12 },
  { kind: "row", row: ["x\u{10FFFF}", "42"], bytes: 17 },
  { kind: "complete", tag: "SELECT 4" },
  { kind: "skipped", type: "1" },
  { kind: "skipped", type: "2" },
  {
    kind: "notice",
    report: { severity: "NOTICE", code: "42P07", message: 'relation "x" already exists, skipping', routine: "transformCreateStmt" },
  },
  { kind: "complete", tag: "CREATE TABLE" },
  { kind: "ready", status: "I" },
  { kind: "skipped", type: "1" },
  { kind: "error", report: { severity: "ERROR", code: "22012", message: "division by zero", routine: "int4div" } },
  { kind: "ready", status: "I" },
];

function readAll(chunks: readonly Buffer[]): readonly BackendMessage[] {
  const read = createFrameReader();
  return chunks.flatMap((chunk) => read(chunk).map(decode).toArray());
}

test("recorded messages are parsed the same wherever their bytes are split", () => {
  for (let cut = 0; cut <= RECORDED.length; cut += 1) {
    assert.deepEqual(readAll([RECORDED.subarray(0, cut), RECORDED.subarray(cut)]), EXPECTED, `cut at ${cut}`);
  }
});

test("recorded messages are parsed if they arrive byte by byte", () => {
  assert.deepEqual(readAll(Array.from(RECORDED, (byte) => Buffer.from([byte]))), EXPECTED);
});

test("a text that is split within a character is parsed correctly", () => {
  const body = Buffer.concat([Buffer.from([0, 1]), int32(4), Buffer.from("\u{1F600}")]);
  const bytes = frame("D", body);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.deepEqual(readAll([bytes.subarray(0, cut), bytes.subarray(cut)]), [{ kind: "row", row: ["\u{1F600}"], bytes: 10 }]);
  }
});

/** Type and claimed length, without a body: refused as soon as the length has arrived. */
const WRONG_LENGTHS: readonly (readonly [string, number])[] = [
  ["D", 16 * 1024 * 1024 + 1],
  ["D", 2 ** 31 - 1],
  ["D", 3],
  ["D", 0],
  ["E", -1],
  ["Z", 30_001],
  ["R", 30_001],
  ["S", 2 ** 31 - 1],
];

for (const [type, length] of WRONG_LENGTHS) {
  test(`a message of type ${type} with a length of ${length} is refused before its body arrives`, () => {
    assert.throws(() => readAll([Buffer.from(type), int32(length)]), ProtocolError);
  });
}

test("a row of 16 MiB is accepted", () => {
  const text = "x".repeat(16 * 1024 * 1024 - 10);
  assert.equal(readAll([frame("D", Buffer.from([0, 1]), text.length, text)])[0]?.kind, "row");
});

test("a message of an unexpected type is refused", () => {
  for (const type of "BFGHTVWcdfnpsvx?\0\u{7f}") assert.throws(() => readAll([frame(type, 0)]), ProtocolError, type);
});

const TRUNCATED: readonly (readonly [string, Buffer])[] = [
  ["R", Buffer.alloc(3)],
  ["S", Buffer.from("name\0value")],
  ["S", Buffer.from("name")],
  ["S", Buffer.alloc(0)],
  ["C", Buffer.from("SELECT 1")],
  ["Z", Buffer.alloc(0)],
  ["Z", Buffer.from("X")],
  ["E", Buffer.from("SERROR\0")],
  ["E", Buffer.from("S")],
  ["N", Buffer.alloc(0)],
  ["D", Buffer.from([0])],
  ["D", Buffer.from([0, 1])],
  ["D", Buffer.from([0, 1, 0, 0, 0, 1])],
  ["D", Buffer.from([0, 1, 0xff, 0xff, 0xff, 0xfe])],
];

for (const [type, body] of TRUNCATED) {
  test(`a message of type ${type} with the body ${body.toString("hex") || "(empty)"} is refused`, () => {
    assert.throws(() => readAll([frame(type, body)]), ProtocolError);
  });
}

test("a pipeline is an unnamed Parse, Bind and Execute for each statement, then one Sync", () => {
  const bind = (hex: string): Buffer => frame("B", "\0\0", Buffer.from(hex.replaceAll(" ", ""), "hex"));
  assert.deepEqual(
    pipeline([{ sql: "SELECT 1" }, { sql: "SELECT $1", values: ["ä", null, 7n, ["a", null]] }]),
    Buffer.concat([
      frame("P", "\0SELECT 1\0\0\0"),
      bind("0000 0000 0000"),
      frame("E", "\0", 0),
      frame("P", "\0SELECT $1\0\0\0"),
      // Formats; values: text, null, number, and the array: 1 dimension, has nulls, OID 25, 2 elements from index 1.
      bind(`0004 0000 0000 0000 0001 0004 00000002 c3a4 ffffffff 00000001 37
        0000001d 00000001 00000001 00000019 00000002 00000001 00000001 61 ffffffff 0000`.replaceAll("\n", "")),
      frame("E", "\0", 0),
      frame("S"),
    ]),
  );
});
