import assert from "node:assert/strict";
import { test } from "node:test";
import { csvRecord, csvRecordWithPayload } from "../../src/http/csv.ts";

/** The line ends of Python's str.splitlines, which other languages share in part. */
const LINE_ENDS = ["\n", "\r", "\u000b", "\u000c", "\u001c", "\u001d", "\u001e", "\u0085", "\u2028", "\u2029"];

test("each line end is within quotes, in every cell of a record", () => {
  for (const end of LINE_ENDS) {
    const cell = `a${end}b`;
    const message = { message_id: cell, from: cell, to: cell, ts: cell, text: cell, created_at: cell };
    const quoted = Array.from({ length: 6 }, () => `"${cell}"`).join(",");
    assert.equal(csvRecord(message), `${quoted}\r\n`);
    assert.equal(csvRecordWithPayload({ ...message, payload: `{"k":"${cell}"}` }), `${quoted},"{""k"":""${cell}""}"\r\n`);
  }
});
