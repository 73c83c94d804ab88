import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatCursor, formatReceiptCursor } from "../../src/validation/cursor.ts";
import { parseMessageQuery } from "../../src/validation/query.ts";

const DEFAULTS = { limit: 50, offset: 0 };

const POSITION = { key: "2025-01-15T10:00:00", messageId: "a/\u0000\u{1F600}" };
const CURSOR = formatCursor("asc", POSITION);
/** Ids that a platform gives may have any length. */
const LONG_POSITION = { key: "2025-01-15T10:00:00", messageId: "wamid.".padEnd(10_000, "A") };

/** The errors of a query as texts of `loc type`, empty for a valid one. */
function refusals(rawQuery: string): string[] {
  const parsed = parseMessageQuery(rawQuery);
  return parsed.ok ? [] : parsed.error.map(({ loc, type }) => `${loc.join(".")} ${type}`);
}

describe("parseMessageQuery", () => {
  for (const [name, rawQuery, value] of [
    ["an empty query", "", DEFAULTS],
    ["empty pairs", "&&=&", DEFAULTS],
    ["unknown parameters", "Limit=x&page=2&constructor=1&__proto__=2", DEFAULTS],
    ["a name that begins with a question mark", "?limit=7", DEFAULTS],
    ["a q whose name begins with a question mark", "?q=a", DEFAULTS],
    ["the lowest limit", "limit=1", { ...DEFAULTS, limit: 1 }],
    ["the highest limit", "limit=100", { ...DEFAULTS, limit: 100 }],
    ["a limit with leading zeros", "limit=007", { ...DEFAULTS, limit: 7 }],
    ["the lowest offset", "offset=0", DEFAULTS],
    ["the highest offset", "offset=9007199254740991", { ...DEFAULTS, offset: 9_007_199_254_740_991 }],
    ["all parameters", "limit=2&offset=3&from=%2B1&since=2025-01-15T10:00:00Z&q=a", {
      limit: 2,
      offset: 3,
      from: "+1",
      since: "2025-01-15T10:00:00Z",
      q: "a",
    }],
    ["a literal plus sign in from", "from=+919876543210", { ...DEFAULTS, from: "+919876543210" }],
    ["an escaped plus sign in from", "from=%2b919876543210", { ...DEFAULTS, from: "+919876543210" }],
    ["an escaped space in from", "from=%20+1", { ...DEFAULTS, from: " +1" }],
    ["a from that no sender can have", "from=a'b%22%00", { ...DEFAULTS, from: "a'b\"\u0000" }],
    ["an empty from", "from=", { ...DEFAULTS, from: "" }],
    ["a from without an equals sign", "from", { ...DEFAULTS, from: "" }],
    ["a from with an equals sign", "from=a=b", { ...DEFAULTS, from: "a=b" }],
    ["a literal plus sign in since", "since=2025-01-15T15:30:00.50+05:30", { ...DEFAULTS, since: "2025-01-15T10:00:00.5Z" }],
    ["an escaped plus sign in since", "since=2025-01-15T15%3A30%3A00%2B05%3A30", { ...DEFAULTS, since: "2025-01-15T10:00:00Z" }],
    ["a plus sign as a space in q", "q=a+b", { ...DEFAULTS, q: "a b" }],
    ["an escaped plus sign in q", "q=a%2Bb", { ...DEFAULTS, q: "a+b" }],
    ["a plus sign as a space in a q with an escaped name", "%71=a+b", { ...DEFAULTS, q: "a b" }],
    ["a q of one space", "q=+", { ...DEFAULTS, q: " " }],
    ["an empty q", "q=", DEFAULTS],
    ["a q without an equals sign", "q", DEFAULTS],
    ["a malformed escape at the end", "q=50%", { ...DEFAULTS, q: "50%" }],
    ["a malformed escape", "q=%zz%4", { ...DEFAULTS, q: "%zz%4" }],
    ["escaped wildcards, quotes and backslashes", "q=%25_%27%22%5C", { ...DEFAULTS, q: "%_'\"\\" }],
    ["escaped UTF-8", "q=%CE%94%CE%A5%CE%A3%F0%9F%98%80", { ...DEFAULTS, q: "ΔΥΣ😀" }],
    ["escaped separators", "q=a%26limit%3D1%23", { ...DEFAULTS, q: "a&limit=1#" }],
    ["a question mark in a value", "q=a?b", { ...DEFAULTS, q: "a?b" }],
    ["a semicolon in a value", "q=a;limit=1", { ...DEFAULTS, q: "a;limit=1" }],
    ["the last of a repeated parameter", "limit=1&q=a&from=+1&limit=2&q=b&from=+2", { limit: 2, offset: 0, from: "+2", q: "b" }],
    ["the last of a repeated parameter if the first is invalid", "limit=x&limit=2", { limit: 2, offset: 0 }],
    ["no filter if the last q is empty", "q=a&q=", DEFAULTS],
    ["a literal plus sign in to", "to=+1", { ...DEFAULTS, to: "+1" }],
    ["a literal plus sign in until", "until=2025-01-15T15:30:00+05:30", { ...DEFAULTS, until: "2025-01-15T10:00:00Z" }],
    ["an order", "order=asc", { ...DEFAULTS, order: "asc" }],
    ["a cursor", `cursor=${CURSOR}`, { ...DEFAULTS, after: POSITION }],
    ["a cursor with the long id of a platform", `cursor=${formatCursor("asc", LONG_POSITION)}`, { ...DEFAULTS, after: LONG_POSITION }],
    ["the order of receipt", "order=received", { ...DEFAULTS, order: "received" }],
    ["a cursor in order of receipt", `order=received-desc&cursor=${formatReceiptCursor("received-desc", 17)}`, { ...DEFAULTS, order: "received-desc", after: 17 }],
    ["a cursor in descending order", `order=desc&offset=0&cursor=${formatCursor("desc", POSITION)}`, { ...DEFAULTS, order: "desc", after: POSITION }],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(parseMessageQuery(rawQuery), { ok: true, value });
    });
  }

  for (const [rawQuery, refusal] of [
    ["limit=0", "query.limit greater_than_equal"],
    ["limit=-1", "query.limit greater_than_equal"],
    ["limit=101", "query.limit less_than_equal"],
    ["limit=99999999999999999999999", "query.limit less_than_equal"],
    ["limit=", "query.limit int_parsing"],
    ["limit", "query.limit int_parsing"],
    ["limit=abc", "query.limit int_parsing"],
    ["limit=1.0", "query.limit int_parsing"],
    ["limit=1e1", "query.limit int_parsing"],
    ["limit=0x10", "query.limit int_parsing"],
    ["limit=+5", "query.limit int_parsing"],
    ["limit=%2B5", "query.limit int_parsing"],
    ["limit=%205", "query.limit int_parsing"],
    ["limit=5%0A", "query.limit int_parsing"],
    ["limit=%D9%A5", "query.limit int_parsing"],
    ["limit=1_0", "query.limit int_parsing"],
    ["limit=Infinity", "query.limit int_parsing"],
    ["limit=5&limit=x", "query.limit int_parsing"],
    ["offset=-1", "query.offset greater_than_equal"],
    ["offset=9007199254740992", "query.offset less_than_equal"],
    ["offset=9007199254740993", "query.offset less_than_equal"],
    ["offset=", "query.offset int_parsing"],
    ["offset=1.5", "query.offset int_parsing"],
    ["since=", "query.since datetime_parsing"],
    ["since=yesterday", "query.since datetime_parsing"],
    ["since=2025-01-15", "query.since datetime_parsing"],
    ["since=2025-01-15T10:00:00", "query.since datetime_parsing"],
    ["since=2025-01-15T15:30:00%2005:30", "query.since datetime_parsing"],
    ["until=tomorrow", "query.until datetime_parsing"],
    ["order=", "query.order enum"],
    ["order=DESC", "query.order enum"],
    ["cursor=", "query.cursor cursor_parsing"],
    ["cursor=x", "query.cursor cursor_parsing"],
    [`cursor=${"A".repeat(10_000)}`, "query.cursor cursor_parsing"],
    [`cursor=${CURSOR}&order=desc`, "query.cursor cursor_parsing"],
    [`cursor=${CURSOR}&order=received`, "query.cursor cursor_parsing"],
    [`cursor=${formatReceiptCursor("received", 17)}`, "query.cursor cursor_parsing"],
    [`cursor=${formatReceiptCursor("received", 17)}&order=received-desc`, "query.cursor cursor_parsing"],
    [`cursor=${Buffer.from('[1,"received",-1]').toString("base64url")}&order=received`, "query.cursor cursor_parsing"],
    [`cursor=${Buffer.from('[1,"received",1.5]').toString("base64url")}&order=received`, "query.cursor cursor_parsing"],
    [`cursor=${CURSOR}=`, "query.cursor cursor_parsing"],
    [`cursor=${Buffer.from('[1,"asc","2025",5]').toString("base64url")}`, "query.cursor cursor_parsing"],
    [`cursor=${Buffer.from('[2,"asc","2025","m"]').toString("base64url")}`, "query.cursor cursor_parsing"],
    [`cursor=${Buffer.from("{}").toString("base64url")}`, "query.cursor cursor_parsing"],
    [`cursor=${CURSOR}&offset=1`, "query.offset cursor_with_offset"],
  ] as const) {
    it(`refuses ${rawQuery}`, () => {
      assert.deepEqual(refusals(rawQuery), [refusal]);
    });
  }

  it("lists every invalid parameter at once", () => {
    assert.deepEqual(refusals("since=x&offset=x&limit=x&q=a"), [
      "query.limit int_parsing",
      "query.offset int_parsing",
      "query.since datetime_parsing",
    ]);
  });
});
