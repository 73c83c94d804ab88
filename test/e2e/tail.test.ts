import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { openConnection } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";
import { openStream } from "../support/stream.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN, repetitions } from "../support/sweep.ts";

/** Each test has its own ids and takes positions relative to the newest message that there was before. */
const shared = sharedApp({ clock: { nowMs: () => Date.UTC(2025, 0, 15, 10, 0, 1, 234) } });

async function newestSeq(app: TestApp): Promise<number> {
  return Number((await app.request("/tail", { method: "HEAD" })).headers["tail-after"]);
}

async function deliverAll(app: TestApp, ids: readonly string[]): Promise<void> {
  for (const id of ids) assert.equal((await app.deliver(delivery({ message_id: id }))).status, 200);
}

function idsOf(lines: readonly string[]): readonly unknown[] {
  return lines.map((line) => at(JSON.parse(line), "message_id"));
}

const SSE = { Accept: "text/event-stream" };

test("a tail gives each message that is committed after its start, as a line with its seq", async (t) => {
  const app = await shared();
  await deliverAll(app, ["before"]);
  const newest = await newestSeq(app);
  const tail = await openStream(t, `${app.url}/tail`);
  assert.equal(tail.headers["content-type"], "application/x-ndjson");
  assert.equal(tail.headers["tail-after"], String(newest));
  assert.equal(tail.headers["transfer-encoding"], "chunked");
  await deliverAll(app, ["live1", "live1", "live2"]);
  const [first] = await tail.chunks(2);
  assert.equal(
    first,
    `{"seq":${newest + 1},"message_id":"live1",` +
      '"from":"+919876543210","to":"+14155550100","ts":"2025-01-15T10:00:00Z","text":"Hello",' +
      '"created_at":"2025-01-15T10:00:01.234Z"}',
  );
  // A repeat is not a new message.
  assert.deepEqual(idsOf(await tail.chunks(2)), ["live1", "live2"]);
});

test("a position beyond the newest message gets 409, which names the newest seq", async (t) => {
  const app = await shared();
  await deliverAll(app, ["newest"]);
  const newest = await newestSeq(app);
  for (const [target, headers] of [[`/tail?after=${newest + 1}`, {}], ["/tail", { ...SSE, "Last-Event-ID": "9007199254740991" }]] as const) {
    const response = await app.request(target, { headers });
    assert.deepEqual([response.status, response.body], [409, `{"detail":"after must be at most ${newest}, the seq of the newest message"}`]);
    assert.equal(response.headers["tail-after"], String(newest));
  }
  (await openStream(t, `${app.url}/tail?after=${newest}`)).disconnect();
});

test("a tail names the store's generation, and continues from a position in it, given by query or Last-Event-ID", async (t) => {
  const app = await shared();
  await deliverAll(app, ["given1", "given2"]);
  const first = (await newestSeq(app)) - 1;
  const generation = (await app.request("/tail", { method: "HEAD" })).headers["tail-generation"];
  assert.match(String(generation), /^[^.]+$/);
  for (const [query, headers] of [
    [`after=${first}&generation=${generation}`, {}],
    [`after=${first}&generation=`, {}],
    ["after=0&generation=another", { "Last-Event-ID": `${generation}.${first}` }],
    ["", { "Last-Event-ID": String(first) }],
  ] as const) {
    const tail = await openStream(t, `${app.url}/tail?${query}`, headers);
    assert.equal(tail.headers["tail-generation"], generation);
    assert.deepEqual(idsOf(await tail.chunks(1)), ["given2"], query);
    tail.disconnect();
  }
  for (const [query, headers] of [["after=1&generation=another", {}], ["after=1", { "Last-Event-ID": "another.1" }]] as const) {
    const response = await app.request(`/tail?${query}`, { headers });
    assert.deepEqual(
      [response.status, response.body, response.headers["tail-after"], response.headers["tail-generation"]],
      [409, `{"detail":"generation must be ${generation}, which has the same messages as the given one up to seq 0"}`, "0", generation],
    );
  }
  // Without a position a tail starts at the end, whatever the generation.
  (await openStream(t, `${app.url}/tail?generation=another`)).disconnect();
});

test("after=N starts after that seq, then continues live", async (t) => {
  const app = await shared();
  const before = await newestSeq(app);
  await deliverAll(app, ["n1", "n2", "n3"]);
  const cases = [[`${before}`, ["n1", "n2", "n3"]], [`${before + 2}`, ["n3"]], [`${before + 1}&after=${before + 2}`, ["n3"]]] as const;
  for (const [after, ids] of cases) {
    const tail = await openStream(t, `${app.url}/tail?after=${after}`);
    assert.deepEqual(idsOf(await tail.chunks(ids.length)), ids);
    tail.disconnect();
  }
  const tail = await openStream(t, `${app.url}/tail?after=${before + 3}`);
  await deliverAll(app, ["n4"]);
  assert.deepEqual(idsOf(await tail.chunks(1)), ["n4"]);
});

test("server-sent events carry the seq as their id, and begin with the current one", async (t) => {
  const app = await shared();
  await deliverAll(app, ["event1"]);
  const newest = await newestSeq(app);
  const tail = await openStream(t, `${app.url}/tail`, SSE);
  assert.equal(tail.headers["content-type"], "text/event-stream");
  const { "tail-generation": generation } = tail.headers;
  assert.deepEqual(await tail.chunks(1, "\n\n"), [`id: ${generation}.${newest}`]);
  const text = "line\nline\r\nid: 7\n\ndata: x\u2028\u0000";
  assert.equal((await app.deliver(delivery({ message_id: "event2", text }))).status, 200);
  const [, event = ""] = await tail.chunks(2, "\n\n");
  assert.ok(event.startsWith(`id: ${generation}.${newest + 1}\ndata: {`), event);
  assert.equal(at(JSON.parse(event.slice(event.indexOf("{"))), "text"), text);
});

test("Last-Event-ID wins over after; an empty one is ignored", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  const before = await newestSeq(app);
  await deliverAll(app, ["last1", "last2", "last3"]);
  for (const [id, ids] of [[String(before + 1), ["last2", "last3"]], ["", ["last3"]]] as const) {
    const tail = await openStream(t, `${app.url}/tail?after=${before + 2}`, { "Last-Event-ID": id });
    assert.deepEqual(idsOf(await tail.chunks(ids.length)), ids);
  }
});

test("a tail that reconnects after a restart of the service misses nothing and repeats nothing", { skip: ONLY_SQLITE }, async (t) => {
  const first = await startTestApp(t);
  const tail = await openStream(t, `${first.url}/tail`, SSE);
  await deliverAll(first, ["m1", "m2"]);
  const seen = (await tail.chunks(3, "\n\n")).map((event) => /^id: .*\.(\d+)/.exec(event)?.[1]);
  await first.app.close();
  // A stop ends the stream completely.
  assert.equal(await tail.complete, true);
  assert.deepEqual(seen, ["0", "1", "2"]);

  const second = await startTestApp(t, { env: { DATABASE_URL: `sqlite:///${first.databasePath}` } });
  await deliverAll(second, ["m3"]);
  const again = await openStream(t, `${second.url}/tail`, { ...SSE, "Last-Event-ID": "2" });
  await deliverAll(second, ["m4"]);
  const events = (await again.chunks(3, "\n\n")).slice(1).map((event) => event.slice(event.indexOf("{")));
  assert.deepEqual(idsOf(events), ["m3", "m4"]);
});

test("with many senders at once every tail has every message once, in commit order", async (t) => {
  const app = await shared();
  const before = await newestSeq(app);
  const storedBefore = storedIds(app.databasePath).length;
  const fromHere = `${app.url}/tail?after=${before}`;
  const tails = [await openStream(t, `${app.url}/tail`), await openStream(t, fromHere)];
  const count = repetitions(t, { full: 25, short: 5 });
  const senders = Array.from({ length: 20 }, async (_, sender) => {
    for (let index = 0; index < count; index += 1) await deliverAll(app, [`${sender}-${index}`]);
    if (sender % 5 === 0) tails.push(await openStream(t, fromHere));
  });
  await Promise.all(senders);
  tails.push(await openStream(t, fromHere));
  const stored = storedIds(app.databasePath).slice(storedBefore);
  assert.equal(stored.length, 20 * count);
  for (const tail of tails) {
    const lines = await tail.chunks(stored.length);
    assert.deepEqual(idsOf(lines), stored);
    assert.deepEqual(lines.map((line) => at(JSON.parse(line), "seq")), stored.map((_, index) => before + index + 1));
  }
});

test("a tail gives large messages in commit order", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  const before = await newestSeq(app);
  const storedBefore = storedIds(app.databasePath).length;
  const text = "\u{1F600}".repeat(4096);
  const ids = Array.from({ length: 40 }, (_, index) => `large${index}`);
  await Promise.all(ids.map((id) => app.deliver(delivery({ message_id: id, text }))));
  const tail = await openStream(t, `${app.url}/tail?after=${before}`);
  assert.deepEqual(idsOf(await tail.chunks(40)), storedIds(app.databasePath).slice(storedBefore));
});

const REFUSED: readonly (readonly [string, Record<string, string>, readonly string[], string])[] = [
  ["after=x", {}, ["query", "after"], "int_parsing"],
  ["after=", {}, ["query", "after"], "int_parsing"],
  ["after=1.5", {}, ["query", "after"], "int_parsing"],
  ["after=-1", {}, ["query", "after"], "greater_than_equal"],
  ["after=9007199254740992", {}, ["query", "after"], "less_than_equal"],
  ["after=1", { "Last-Event-ID": "x" }, ["header", "last-event-id"], "int_parsing"],
];

test("an invalid position gets 422", async () => {
  const app = await shared();
  for (const [query, headers, loc, type] of REFUSED) {
    const response = await app.request(`/tail?${query}`, { headers });
    assert.equal(response.status, 422, query);
    const [error, ...others] = listAt(response.json, "detail");
    assert.deepEqual([at(error, "loc"), at(error, "type"), others.length], [loc, type, 0], query);
  }
});

test("HEAD says where a tail would start", async (t) => {
  const app = await shared();
  const before = await newestSeq(app);
  await deliverAll(app, ["started"]);
  const tail = await openStream(t, `${app.url}/tail?after=${before}`);
  const [line = ""] = await tail.chunks(1);
  tail.disconnect();
  const response = await app.request("/tail", { method: "HEAD", headers: SSE });
  assert.deepEqual([response.status, response.body, response.headers["tail-after"], response.headers["content-type"]], [200, "", String(at(JSON.parse(line), "seq")), "text/event-stream"]);
  const heads = (await app.requestLines(4)).filter(({ method }) => method === "HEAD");
  assert.deepEqual(heads.map((head) => head["stream_ms"]), [undefined, undefined]);
});

test("a tail writes one log line, at its end, which says what ended it", async (t) => {
  const app = await startTestApp(t);
  const left = await openStream(t, `${app.url}/tail`);
  await deliverAll(app, ["m1"]);
  await left.chunks(1);
  left.disconnect();
  const [, line] = await app.requestLines(2);
  assert.deepEqual([line?.["path"], line?.["status"], line?.["level"], line?.["ended"], typeof line?.["stream_ms"]], ["/tail", 200, "INFO", "client", "number"]);
  await openStream(t, `${app.url}/tail`);
  await app.app.close();
  assert.equal((await app.requestLines(3)).at(-1)?.["ended"], "stop");
});

test("a client that half-closes its connection ends its tail", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  const connection = await openConnection(t, app.url);
  connection.write("GET /tail HTTP/1.1\r\nHost: x\r\n\r\n");
  connection.halfClose();
  assert.equal((await app.requestLines(1))[0]?.["ended"], "client");
});
