import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApp } from "../support/app.ts";
import { otherConnection } from "../support/database.ts";
import { deliverAll, deliverLarge } from "../support/deliver-all.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { openStream } from "../support/stream.ts";
import { ONLY_IN_FULL_RUN, repetitions } from "../support/sweep.ts";

const NDJSON = "application/x-ndjson";
const CREATED = "2025-01-15T10:00:01.234Z";
const CLOCK = { nowMs: () => Date.parse(CREATED) };

const shared = sharedApp({ clock: CLOCK });

function idsOf(body: string): readonly unknown[] {
  return body.split("\n").slice(0, -1).map((line) => at(JSON.parse(line), "message_id"));
}

/** Parses CSV (RFC 4180) into records of cells. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}

const FORMATS: readonly (readonly [string, string | undefined, string])[] = [
  ["", undefined, "application/json"],
  ["", "*/*", "application/json"],
  ["", "application/json", "application/json"],
  ["", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"],
  ["", "image/png", "application/json"],
  ["", "text/csv, application/json", "application/json"],
  ["", NDJSON, NDJSON],
  ["", `${NDJSON}, */*`, NDJSON],
  ["", "Application/X-NDJSON;q=0.9, application/json;q=0.5", NDJSON],
  ["", "text/csv;q=0.1, */*;q=0.2", "application/json"],
  ["", "text/csv;q=0, text/*, */*;q=0.1", "application/json"],
  ["", "text/csv", "text/csv; charset=utf-8"],
  ["", "text/*", "text/csv; charset=utf-8"],
  ["?format=json", "text/csv", "application/json"],
  ["?format=ndjson", "text/csv", NDJSON],
  ["?format=csv", NDJSON, "text/csv; charset=utf-8"],
  ["?format=json&format=csv", undefined, "text/csv; charset=utf-8"],
];

test("the format parameter decides, otherwise Accept, otherwise JSON", async () => {
  const app = await shared();
  for (const [query, accept, type] of FORMATS) {
    const headers = accept === undefined ? {} : { Accept: accept };
    const response = await app.request(`/messages${query}`, { headers });
    assert.deepEqual([response.status, response.headers["content-type"]], [200, type], `${query} ${accept}`);
    const head = await app.request(`/messages${query}`, { method: "HEAD", headers });
    assert.deepEqual([head.status, head.headers["content-type"], head.body], [200, type, ""], `${query} ${accept}`);
  }
});

test("NDJSON has every message that matches, over many pages, in either order", async (t) => {
  const app = await startTestApp(t);
  const perMinute = 100 * repetitions(t, { full: 3, short: 1 });
  await deliverAll(t, app, Array.from({ length: 5 * perMinute }, (_, index) => ({
    message_id: `m${String(index).padStart(4, "0")}`,
    from: `+${1 + (index % 2)}`,
    ts: `2025-01-15T10:${String(Math.floor(index / perMinute)).padStart(2, "0")}:00Z`,
    text: index % 3 === 0 ? "blue" : null,
  })));
  const ids = Array.from({ length: 5 * perMinute }, (_, index) => `m${String(index).padStart(4, "0")}`);
  const all = await app.request("/messages?format=ndjson");
  assert.deepEqual(idsOf(all.body), ids);
  assert.equal(all.headers["content-length"], undefined);
  assert.deepEqual(idsOf((await app.request("/messages?format=ndjson&order=desc")).body), ids.toReversed());
  assert.deepEqual(idsOf((await app.request("/messages?format=ndjson&from=+2")).body), ids.filter((_, index) => index % 2 === 1));
  assert.deepEqual(idsOf((await app.request("/messages?format=ndjson&q=BLUE&order=desc")).body), ids.filter((_, index) => index % 3 === 0).toReversed());
  const part = "since=2025-01-15T10:01:00Z&until=2025-01-15T10:04:00Z";
  assert.deepEqual(idsOf((await app.request(`/messages?format=ndjson&${part}`)).body), ids.slice(perMinute, 4 * perMinute));
  assert.equal((await app.request("/messages?format=ndjson&from=+9")).body, "");

  for (const order of ["asc", "desc"]) {
    const page = await app.request(`/messages?limit=100&order=${order}`);
    const rest = await app.request(`/messages?format=ndjson&order=${order}&cursor=${String(at(page.json, "next_cursor"))}`);
    assert.deepEqual(idsOf(rest.body), (order === "asc" ? ids : ids.toReversed()).slice(100));
  }
  const line = all.body.slice(0, all.body.indexOf("\n"));
  assert.deepEqual(JSON.parse(line), listAt((await app.request("/messages?limit=1")).json, "data")[0]);
});

/** A text, and the cell that is written for it. */
const CELLS: readonly (readonly [string | null, string])[] = [
  ["plain", "plain"],
  ["a, b", "a, b"],
  ['say "hi"', 'say "hi"'],
  ["two\nlines", "two\nlines"],
  ["two\r\nlines", "two\r\nlines"],
  ["", ""],
  [null, ""],
  [" =1", " =1"],
  ["=1+1", "'=1+1"],
  ['=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", "'\t=1"],
  ["\r=1", "'\r=1"],
  ["\n=1", "'\n=1"],
  ["\uFF1D1", "'\uFF1D1"],
  ["\uFF0B1", "'\uFF0B1"],
  ["\uFF0D1", "'\uFF0D1"],
  ["\uFF20SUM", "'\uFF20SUM"],
  ["'=1", "'=1"],
  ['","=1', '","=1'],
  ["\u{1F600} \u00fc \u0000", "\u{1F600} \u00fc \u0000"],
];

test("CSV has a header, one record per message, and no cell that a spreadsheet would run as a formula", async (t) => {
  const app = await shared();
  assert.equal((await app.request("/messages?format=csv&to=+1")).body, "message_id,from,to,ts,text,created_at\r\n");
  const id = (index: number): string => `m${String(index).padStart(2, "0")}`;
  await deliverAll(t, app, CELLS.map(([text], index) => ({ message_id: id(index), to: "+1", text })));
  await deliverAll(t, app, [{ message_id: '=cmd|"x"', to: "+1", ts: "2025-01-15T10:00:01Z" }]);
  const response = await app.request("/messages?format=csv&to=+1");
  assert.equal(response.headers["content-disposition"], 'attachment; filename="messages.csv"');
  const row = (messageId: string, ts: string, text: string): readonly string[] => [messageId, "'+919876543210", "'+1", ts, text, CREATED];
  assert.deepEqual(parseCsv(response.body), [
    ["message_id", "from", "to", "ts", "text", "created_at"],
    ...CELLS.map(([, cell], index) => row(id(index), "2025-01-15T10:00:00Z", cell)),
    row('\'=cmd|"x"', "2025-01-15T10:00:01Z", "Hello"),
  ]);
  // An empty text differs from a missing one.
  assert.ok(response.body.includes(`${id(5)},'+919876543210,'+1,2025-01-15T10:00:00Z,"",`));
  assert.ok(response.body.includes(`${id(6)},'+919876543210,'+1,2025-01-15T10:00:00Z,,`));
});

test("CSV begins with a byte order mark only with bom=1, and other formats never do", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  await deliverAll(t, app, [{ message_id: "marked" }]);
  // As bytes, because decoding to text drops the mark.
  const bytesOf = async (query: string): Promise<string> => Buffer.from(await (await fetch(`${app.url}/messages?${query}`)).arrayBuffer()).toString("latin1");
  const plain = await bytesOf("format=csv");
  assert.equal(await bytesOf("format=csv&bom=1"), `\u00EF\u00BB\u00BF${plain}`);
  assert.equal(await bytesOf("format=csv&bom=0"), plain);
  assert.equal((await bytesOf("format=ndjson&bom=1")).startsWith("{"), true);
});

const REFUSED: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["format=xml", ["format"], ["enum"]],
  ["format=csv&bom=yes", ["bom"], ["enum"]],
  ["format=", ["format"], ["enum"]],
  ["format=xml&limit=0", ["limit", "format"], ["greater_than_equal", "enum"]],
  ["format=csv&limit=10", ["limit"], ["page_of_export"]],
  ["format=ndjson&offset=0", ["offset"], ["page_of_export"]],
  ["format=csv&limit=x&offset=-1&since=x&order=up", ["limit", "offset", "since", "order"], ["page_of_export", "page_of_export", "datetime_parsing", "enum"]],
  ["format=csv&cursor=x", ["cursor"], ["cursor_parsing"]],
];

test("invalid parameters of an export get 422, and all of them are listed", async () => {
  const app = await shared();
  for (const [query, names, types] of REFUSED) {
    const response = await app.request(`/messages?${query}`);
    assert.equal(response.status, 422, query);
    const errors = listAt(response.json, "detail");
    assert.deepEqual(errors.map((error) => at(error, "loc")), names.map((name) => ["query", name]), query);
    assert.deepEqual(errors.map((error) => at(error, "type")), types, query);
  }
});

test("an export has exactly the messages stored when it began, even if its client is slow", ONLY_IN_FULL_RUN, async (t) => {
  const app = await startTestApp(t);
  const text = "\u{1F600}".repeat(4_000);
  const ids = Array.from({ length: 300 }, (_, index) => `m${String(index).padStart(3, "0")}`);
  await deliverAll(t, app, ids.map((id) => ({ message_id: id, text })));
  const stream = await openStream(t, `${app.url}/messages?format=ndjson`);
  stream.response.pause();
  await deliverAll(t, app, Array.from({ length: 100 }, (_, index) => ({ message_id: `later${index}`, ts: "2025-01-15T11:00:00Z" })));
  stream.response.resume();
  assert.equal(await stream.complete, true);
  assert.deepEqual(idsOf(stream.text()), ids);
});

test("an export that fails midway is visibly incomplete and logs one ERROR line", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  await deliverLarge(app, 48);
  const stream = await openStream(t, `${app.url}/messages?format=ndjson&payload=1`);
  stream.response.pause();
  // The next read fails.
  otherConnection(t, app.databasePath).exec("ALTER TABLE messages RENAME TO moved");
  stream.response.resume();
  assert.equal(await stream.complete, false);
  const line = (await app.requestLines(4)).at(-1);
  assert.deepEqual([line?.["status"], line?.["level"], line?.["ended"], typeof line?.["error"]], [200, "ERROR", "fault", "string"]);
  assert.equal((await app.request("/messages?format=csv")).status, 503);
});
