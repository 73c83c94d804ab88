import assert from "node:assert/strict";
import { test } from "node:test";
import { byId, check, type Observation, type ProblemKind, type Row } from "../../scripts/torture/check.ts";
import { createLedger, type Content, type Ledger, type Outcome } from "../../scripts/torture/ledger.ts";

function content(id: string, fields: Partial<Content> = {}): Content {
  return { message_id: id, from: "+1", to: "+9", ts: "2025-01-15T10:00:00Z", text: `Hello ${id}`, ...fields };
}

function row(id: string, fields: Partial<Content> = {}): Row {
  return { ...content(id, fields), created_at: "2025-01-15T10:00:01.000Z" };
}

/** A ledger of these attempts and their outcomes, in order. */
function ledgerOf(...attempts: readonly (readonly [Content, Outcome])[]): Ledger {
  const ledger = createLedger();
  for (const [sent, outcome] of attempts) ledger.ended(ledger.sent(sent), outcome);
  return ledger;
}

const LEDGER = ledgerOf(
  [content("m1"), "stored"],
  [content("m1"), "stored"],
  [content("m1", { text: "conflict" }), "stored"],
  [content("m2", { from: "+2", ts: "2025-01-15T10:00:00.5Z" }), "in_doubt"],
  [content("m2", { from: "+2", ts: "2025-01-15T10:00:00.5Z" }), "stored"],
  [content("m3", { text: null }), "stored"],
  [content("refused"), "refused"],
  [content("in doubt, not stored"), "in_doubt"],
);
const ROWS = [row("m1"), row("m2", { from: "+2", ts: "2025-01-15T10:00:00.5Z" }), row("m3", { text: null })] as const;
const [FIRST, SECOND, THIRD] = ROWS;

const HEALTHY: Observation = {
  rows: ROWS,
  integrity: ["ok"],
  stats: {
    total_messages: 3,
    senders_count: 2,
    messages_per_sender: [{ from: "+1", count: 2 }, { from: "+2", count: 1 }],
    first_message_ts: "2025-01-15T10:00:00Z",
    last_message_ts: "2025-01-15T10:00:00.5Z",
  },
  total: 3,
  gauge: 3,
  searches: [{ q: "hELLO", ids: ["m1", "m2"], total: 2 }, { q: "zz", ids: [], total: 0 }],
  lists: [{ from: "+1", ids: ["m1", "m3"], total: 2 }, { from: "+2", ids: ["m2"], total: 1 }],
  single: [FIRST],
};

function kindsOf(seen: Observation, ledger: Ledger = LEDGER, before: readonly Row[] = []): readonly ProblemKind[] {
  return [...new Set(check(ledger, seen, { before: byId(before) }).map(({ kind }) => kind))].toSorted();
}

/** An observation of these rows in which counts and searches fit, so that nothing else is wrong. */
function withRows(...rows: readonly Row[]): Observation {
  const { rows: _, ...counted } = HEALTHY;
  const empty = { total_messages: 0, senders_count: 0, messages_per_sender: [], first_message_ts: null, last_message_ts: null };
  const senders = Map.groupBy(rows, ({ from }) => from);
  const times = rows.map(({ ts }) => ts).toSorted();
  const stats = rows.length === 0 ? empty : {
    total_messages: rows.length,
    senders_count: senders.size,
    messages_per_sender: Array.from(senders, ([from, own]) => ({ from, count: own.length })),
    first_message_ts: times.at(-1) ?? null,
    last_message_ts: times[0] ?? null,
  };
  return { ...counted, rows, stats, total: rows.length, gauge: rows.length, searches: [], lists: [], single: [] };
}

test("a correct run passes the check, with and without earlier rows", () => {
  assert.deepEqual(check(LEDGER, HEALTHY, { before: byId(ROWS) }), []);
  assert.deepEqual(check(LEDGER, HEALTHY, { before: byId([FIRST]) }), []);
  assert.deepEqual(check(createLedger(), withRows()), []);
});

const FAULTS: readonly (readonly [string, Observation, readonly ProblemKind[]])[] = [
  ["a lost row", withRows(FIRST, SECOND), ["lost"]],
  ["a doubled row", withRows(FIRST, FIRST, SECOND, THIRD), ["doubled"]],
  ["a text that nobody sent", withRows({ ...FIRST, text: "Hello" }, SECOND, THIRD), ["changed"]],
  ["a text that became null", withRows({ ...FIRST, text: null }, SECOND, THIRD), ["changed"]],
  ["a null that became a text", withRows(FIRST, SECOND, { ...THIRD, text: "" }), ["changed"]],
  ["another sender", withRows({ ...FIRST, from: "+2" }, SECOND, THIRD), ["changed"]],
  ["another recipient", withRows({ ...FIRST, to: "+2" }, SECOND, THIRD), ["changed"]],
  ["another time", withRows(FIRST, { ...SECOND, ts: "2025-01-15T10:00:00.6Z" }, THIRD), ["changed"]],
  ["the content of a later conflict", withRows({ ...FIRST, text: "conflict" }, SECOND, THIRD), ["changed"]],
  ["a message that nobody sent", withRows(...ROWS, row("unsent")), ["never_sent"]],
  ["a message that was only refused", withRows(...ROWS, row("refused")), ["refused_but_stored"]],
  ["a damaged file", { ...HEALTHY, integrity: ["row 1 missing from index messages_by_ts"] }, ["integrity"]],
  ["a wrong count of messages", { ...HEALTHY, stats: { ...HEALTHY.stats, total_messages: 4 } }, ["counters"]],
  ["a wrong count of senders", { ...HEALTHY, stats: { ...HEALTHY.stats, senders_count: 1 } }, ["counters"]],
  ["a wrong ranking", { ...HEALTHY, stats: { ...HEALTHY.stats, messages_per_sender: [{ from: "+1", count: 3 }] } }, ["counters"]],
  ["a wrong first time", { ...HEALTHY, stats: { ...HEALTHY.stats, first_message_ts: null } }, ["counters"]],
  ["a wrong last time", { ...HEALTHY, stats: { ...HEALTHY.stats, last_message_ts: "2025-01-15T10:00:00Z" } }, ["counters"]],
  ["a wrong total", { ...HEALTHY, total: 2 }, ["counters"]],
  ["a wrong gauge", { ...HEALTHY, gauge: 4 }, ["counters"]],
  ["a missing gauge", { ...HEALTHY, gauge: NaN }, ["counters"]],
  ["a search that misses a row", { ...HEALTHY, searches: [{ q: "hello", ids: ["m1"], total: 1 }] }, ["search"]],
  ["a search whose page misses a row", { ...HEALTHY, searches: [{ q: "hello", ids: ["m1"], total: 2 }] }, ["search"]],
  ["a search that returns a row twice", { ...HEALTHY, searches: [{ q: "hello", ids: ["m1", "m1"], total: 2 }] }, ["search"]],
  ["a search that returns another row", { ...HEALTHY, searches: [{ q: "hello", ids: ["m1", "m3"], total: 2 }] }, ["search"]],
  ["a search that finds a row that does not match", { ...HEALTHY, searches: [{ q: "zz", ids: ["m1"], total: 1 }] }, ["search"]],
  ["a list that misses a row", { ...HEALTHY, lists: [{ from: "+1", ids: ["m1"], total: 1 }] }, ["list"]],
  ["a list whose page misses a row", { ...HEALTHY, lists: [{ from: "+1", ids: ["m1"], total: 2 }] }, ["list"]],
  ["a list that returns a row twice", { ...HEALTHY, lists: [{ from: "+1", ids: ["m1", "m1", "m3"], total: 3 }] }, ["list"]],
  ["a list in another order", { ...HEALTHY, lists: [{ from: "+1", ids: ["m3", "m1"], total: 2 }] }, ["list"]],
  ["a list with another sender's row", { ...HEALTHY, lists: [{ from: "+2", ids: ["m1"], total: 1 }] }, ["list"]],
  ["a list of a sender that has no rows", { ...HEALTHY, lists: [{ from: "+3", ids: ["m1"], total: 1 }] }, ["list"]],
  ["a message that is returned with another text", { ...HEALTHY, single: [{ ...FIRST, text: "Hell" }] }, ["read"]],
];

for (const [title, seen, kinds] of FAULTS) {
  test(`${title} is found`, () => assert.deepEqual(kindsOf(seen), kinds));
}

test("rows that an earlier check saw must not change, including rows whose outcome was in doubt", () => {
  const inDoubt = row("in doubt, not stored");
  assert.deepEqual(kindsOf(withRows(...ROWS, inDoubt)), []);
  assert.deepEqual(kindsOf(HEALTHY, LEDGER, [inDoubt]), ["lost"]);
  assert.deepEqual(kindsOf(HEALTHY, LEDGER, [{ ...FIRST, created_at: "2025-01-15T10:00:02.000Z" }]), ["changed"]);
});

test("a message that retention removed may be missing, and may not come back", () => {
  const removed = new Set(["m1"]);
  const rest = withRows(THIRD, SECOND);
  assert.deepEqual(check(LEDGER, rest, { before: byId(ROWS), removed }), []);
  assert.deepEqual(check(LEDGER, HEALTHY, { removed }).map(({ kind }) => kind), ["came_back"]);
  assert.deepEqual(check(LEDGER, withRows(THIRD), { removed }).map(({ kind }) => kind), ["lost"]);
});

const RACES: readonly (readonly [string, (ledger: Ledger) => void, readonly ProblemKind[]])[] = [
  ["is accepted while the stored one is in flight", (ledger) => {
    const one = ledger.sent(content("m1"));
    const other = ledger.sent(content("m1", { text: "conflict" }));
    ledger.ended(other, "stored");
    ledger.ended(one, "stored");
  }, []],
  ["is accepted before the stored one is sent", (ledger) => {
    ledger.ended(ledger.sent(content("m1", { text: "conflict" })), "stored");
    ledger.ended(ledger.sent(content("m1")), "stored");
  }, ["changed"]],
  ["is accepted before the stored one is sent again after a refusal", (ledger) => {
    ledger.ended(ledger.sent(content("m1")), "refused");
    ledger.ended(ledger.sent(content("m1", { text: "conflict" })), "stored");
    ledger.ended(ledger.sent(content("m1")), "stored");
  }, ["changed"]],
  ["is accepted after the stored one, whose outcome is in doubt, was sent", (ledger) => {
    ledger.ended(ledger.sent(content("m1")), "in_doubt");
    ledger.ended(ledger.sent(content("m1", { text: "conflict" })), "stored");
  }, []],
  ["is refused, and the stored one is still in flight", (ledger) => {
    ledger.ended(ledger.sent(content("m1", { text: "conflict" })), "refused");
    ledger.sent(content("m1"));
  }, []],
];

for (const [title, fill, kinds] of RACES) {
  test(`if another content ${title}, ${kinds.length === 0 ? "the run passes" : "a problem is found"}`, () => {
    const ledger = createLedger();
    fill(ledger);
    assert.deepEqual(kindsOf(withRows(FIRST), ledger), kinds);
  });
}
