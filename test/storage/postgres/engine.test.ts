import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { seededRandom } from "../../../scripts/bench/messages.ts";
import type { Message, StoredMessage } from "../../../src/core/message.ts";
import type { KeysetPosition } from "../../../src/core/order.ts";
import type { ExportQuery, MessageQuery } from "../../../src/core/queries.ts";
import { openEngine, type Engine, type ServerOptions } from "../../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";
import { message } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../../support/sweep.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const AT = "2025-06-01T00:00:00.000Z";
const OPTIONS: ServerOptions = { fault: () => {}, remark: () => {}, mayLose: true };
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

async function open(t: TestContext, url: string): Promise<Engine> {
  const engine = await openEngine(urlOf(url), OPTIONS);
  atEnd(t, () => engine.close());
  return engine;
}

test("several receivers may open a new database at the same time", { skip }, async (t) => {
  const url = await server.createDatabase();
  const engines = await Promise.all([open(t, url), open(t, url), open(t, url)]);
  await Promise.all(engines.map((engine, index) => engine.write([message(`m${index}`)], AT)));
  assert.deepEqual(await Promise.all(engines.map((engine) => engine.count())), [3, 3, 3]);
});

test("within a batch and later, a repeat is a duplicate and other content a conflict, and neither changes anything", { skip }, async (t) => {
  const engine = await open(t, await server.createDatabase());
  const [one, other] = [message("a"), message("a", { text: "other" })];
  const batch = [one, other, one, message("b", { text: null })];
  assert.deepEqual(await engine.write(batch, AT), ["created", "conflict", "duplicate", "created"]);
  assert.deepEqual(await engine.write([other, one, message("c")], AT), ["conflict", "duplicate", "created"]);
  assert.equal((await engine.get("a"))?.text, "Hello");
  assert.equal((await engine.get("b"))?.text, null);
});

test("texts and times that PostgreSQL cannot store directly are returned unchanged", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const engine = await open(t, await server.createDatabase());
  const texts = ["\0", "a\u0000\u0001\u0002\u0003b", "\u{10FFFF}\uFFFF", "%_\\'\"", ""];
  const ts = ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"];
  const messages = texts.flatMap((text, index) => ts.map((at, n) => message(`${text}${index}${n}`, { text, ts: at })));
  assert.ok((await engine.write(messages, AT)).every((outcome) => outcome === "created"));
  assert.ok((await engine.write(messages, AT)).every((outcome) => outcome === "duplicate"));
  for (const { messageId, text, ts: at } of messages) {
    const stored = await engine.get(messageId);
    assert.deepEqual([stored?.message_id, stored?.text, stored?.ts], [messageId, text, at]);
  }
  assert.equal((await engine.list({ q: "\u0001", limit: 9, offset: 0 })).total, 2);
  assert.equal((await engine.list({ q: "%_\\", limit: 9, offset: 0 })).total, 2);
});

test("texts are ordered by code points, whatever the locale of the database", { skip }, async (t) => {
  const engine = await open(t, await server.createDatabase("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"));
  const ids = ["B", "a", "Ä", "ä", "\uFB00", "\uFFFF", "\u{1F600}"];
  await engine.write(ids.toReversed().map((id) => message(id, { from: "+1" })), AT);
  assert.deepEqual((await engine.list({ limit: 9, offset: 0 })).data.map((row) => row.message_id), ids);
  assert.equal((await engine.list({ q: "HELLO", limit: 9, offset: 0 })).total, ids.length);
});

test("while four receivers write, a tail that has seen a message never misses one with a smaller seq", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const url = await server.createDatabase();
  const engines = await Promise.all(Array.from({ length: 4 }, () => open(t, url)));
  let isOver = false;
  const seen: number[] = [];
  async function tail(): Promise<void> {
    for (;;) {
      const wasOver = isOver;
      const { data } = await (engines[0]?.since(seen.at(-1) ?? 0, 1000) ?? assert.fail());
      seen.push(...data.map(({ seq }) => seq));
      if (wasOver && data.length === 0) return;
    }
  }
  const tailing = tail();
  await Promise.all(engines.map(async (engine, writer) => {
    for (let batch = 0; batch < 60; batch += 1) {
      await engine.write(Array.from({ length: 1 + batch % 16 }, (_, index) => message(`${writer}-${batch}-${index}`)), AT);
    }
  }));
  isOver = true;
  await tailing;
  assert.equal(seen.length, await engines[0]?.count());
  assert.equal(seen.at(-1), await engines[0]?.lastSequence());
});

/** The expected results of lists, exports, counts and groups, computed from all messages in memory. */
interface Model {
  all(query: Omit<MessageQuery, "limit" | "offset">): readonly StoredMessage[];
}

function modelOf(messages: readonly Message[]): Model {
  const place = (row: StoredMessage): KeysetPosition => ({ key: row.ts.slice(0, -1), messageId: row.message_id });
  const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const compare = (a: KeysetPosition, b: KeysetPosition): number => compareText(a.key, b.key) || compareText(a.messageId, b.messageId);
  const rows = messages.map(({ messageId, ...fields }): StoredMessage => {
    const { from, to, ts, text } = fields;
    return { message_id: messageId, from, to, ts, text, created_at: AT };
  });
  return {
    all({ from, to, since, until, q, order = "asc" }) {
      const pattern = q === undefined ? undefined : new RegExp(RegExp.escape(q), "iu");
      const key = (ts: string): string => ts.slice(0, -1);
      const found = rows
        .filter((row) => (from === undefined || row.from === from) && (to === undefined || row.to === to))
        .filter((row) => (since === undefined || key(row.ts) >= key(since)) && (until === undefined || key(row.ts) < key(until)))
        .filter((row) => pattern === undefined || (row.text !== null && pattern.test(row.text)))
        .sort((a, b) => compare(place(a), place(b)));
      return order === "asc" ? found : found.toReversed();
    },
  };
}

const random = seededRandom(11);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] ?? assert.fail();
const maybe = <K extends string, T>(name: K, values: readonly T[]): Partial<Record<K, T>> =>
  random() < 0.4 ? { [name]: pick(values) } as Partial<Record<K, T>> : {};

const TIMES = Array.from({ length: 60 }, (_, index) => {
  const instant = new Date(Date.UTC(2025, 0, 1 + index % 3, index % 24, index % 7));
  return instant.toISOString().replace(".000Z", "Z");
});
const SENDERS = ["+1", "+2", "+33"];
const WORDS = ["Straße", "STRASSE", "ΣΑΣ", "σας", "😀", "\u0001", "50%_off", "K", "k"];

function randomMessages(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) => {
    const messageId = `${pick(["ä", "z", "\u{10000}", "\uFFFF"])}${index}`;
    return message(messageId, { from: pick(SENDERS), to: pick(SENDERS), ts: pick(TIMES), text: `${pick(WORDS)} ${pick(WORDS)}` });
  });
}

async function assertReads(engine: Engine, messages: readonly Message[]): Promise<void> {
  const model = modelOf(messages);
  for (let round = 0; round < 60; round += 1) {
    const filters = {
      ...maybe("from", SENDERS), ...maybe("to", SENDERS), ...maybe("since", TIMES), ...maybe("until", TIMES), ...maybe("q", WORDS),
      ...maybe("order", ["asc", "desc"] as const),
    };
    const expected = model.all(filters);
    const limit = 1 + Math.floor(random() * 20);
    const offset = Math.floor(random() * (expected.length + 3));
    const page = await engine.list({ ...filters, limit, offset });
    assert.deepEqual(page.data, expected.slice(offset, offset + limit), JSON.stringify({ filters, limit, offset }));
    assert.equal(page.total, expected.length, JSON.stringify(filters));
    assert.equal(page.next === undefined, offset + limit >= expected.length, JSON.stringify({ filters, limit, offset }));
    if (page.next !== undefined) {
      const further = await engine.list({ ...filters, limit, offset: 0, after: page.next });
      assert.deepEqual(further.data, expected.slice(offset + limit, offset + limit * 2), JSON.stringify(filters));
    }
    if (round % 10 === 0) assert.deepEqual(await exported(engine, filters), expected);
  }
  const day = (row: StoredMessage): string => `${row.ts.slice(0, 10)}T00:00:00Z`;
  const since = TIMES[30] ?? "";
  const grouped = Map.groupBy(model.all({ since }), day).entries().map(([start, rows]) => ({ start, count: rows.length })).toArray();
  assert.deepEqual(await engine.timeline({ bucket: "day", limit: 100, since }), { data: grouped, truncated: false });
  const stats = await engine.stats();
  const bySender = Map.groupBy(messages, ({ from }) => from).entries().map(([from, rows]) => ({ from, count: rows.length })).toArray();
  assert.deepEqual(stats.messages_per_sender, bySender.sort((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1)));
  assert.deepEqual([stats.total_messages, stats.senders_count], [messages.length, bySender.length]);
  assert.deepEqual([stats.first_message_ts, stats.last_message_ts], [model.all({})[0]?.ts, model.all({ order: "desc" })[0]?.ts]);
}

async function exported(engine: Engine, filters: Omit<ExportQuery, "upTo" | "after">): Promise<readonly StoredMessage[]> {
  const upTo = await engine.lastSequence();
  const data: StoredMessage[] = [];
  for (let after: KeysetPosition | undefined; ;) {
    const page = await engine.exportPage({ ...filters, upTo, ...(after !== undefined && { after }) });
    data.push(...page.data);
    if (page.next === undefined) return data;
    after = page.next;
  }
}

test("reads are exact before, between and after the steps that count rows", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const engine = await open(t, await server.createDatabase());
  const messages = randomMessages(3000);
  await engine.write(messages.slice(0, 2500), AT);
  await assertReads(engine, messages.slice(0, 2500));
  await engine.derive();
  await assertReads(engine, messages.slice(0, 2500));
  await engine.write(messages.slice(2500), AT);
  await assertReads(engine, messages);
  while (await engine.derive());
  await assertReads(engine, messages);
});

test("a removed message disappears from every read, its id stays a duplicate, and seq continues", { skip }, async (t) => {
  const url = await server.createDatabase();
  const engine = await open(t, url);
  const messages = randomMessages(1500);
  await engine.write(messages.slice(0, 1100), "2025-01-01T00:00:00.000Z");
  // Some of the removed messages are counted already, and some are not.
  await engine.derive();
  await engine.write(messages.slice(1100, 1200), "2025-01-01T00:00:00.000Z");
  await engine.write(messages.slice(1200), AT);
  const beforeMs = Date.parse("2025-03-01T00:00:00.000Z");
  const { messages: removed, next } = await engine.removeOld({ beforeMs, after: 0 });
  assert.equal(removed, 1000);
  assert.deepEqual(await engine.removeOld({ beforeMs, after: next ?? 0 }), { messages: 200, next: undefined });
  await assertReads(engine, messages.slice(1200));
  while (await engine.derive());
  await assertReads(engine, messages.slice(1200));
  assert.deepEqual(await engine.write(messages.slice(0, 2), AT), ["duplicate", "duplicate"]);
  assert.equal(await engine.count(), 300);
  const admin = await connectFor(t, url);
  const { results } = await admin.run([{ sql: "SELECT count(*) FROM time_counts WHERE count <= 0" }], { deadlineMs: 5000 });
  assert.equal(results[0]?.rows[0]?.[0], "0");
});
