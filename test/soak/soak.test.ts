import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { findGrowth, type Sample } from "../../scripts/soak/gauges.ts";
import { soak } from "../../scripts/soak/soak.ts";
import { compareTail, startTail } from "../../scripts/soak/tails.ts";
import { createHarness } from "../../scripts/torture/harness.ts";
import { MAIN } from "../cli/main.ts";
import { startStub } from "../cli/stub-server.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";
import { until } from "../support/until.ts";

test("a soak of a few seconds finds no problem: each message with a 200 is stored or was removed for its age, and tails miss nothing", async (t) => {
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder: temporaryFolder(t), connections: 8, random: seededRandom(8) });
  const lines: string[] = [];
  await soak(harness, { seconds: 4, connections: 8, say: (line) => lines.push(line) });
  assert.deepEqual(harness.problems, []);
  assert.ok(harness.rows() > 0);
  assert.match(lines.at(-1) ?? "", /export.*tail/);
});

function samples(figure: keyof Sample, values: readonly number[]): readonly Sample[] {
  return values.map((value) => ({ memoryMiB: 100, descriptors: 50, walMiB: 4, [figure]: value }));
}

const GROWTHS: readonly (readonly [string, keyof Sample, readonly number[], boolean])[] = [
  ["memory that grows while the service warms up", "memoryMiB", [20, 90, 100, 100, 100, 100, 110, 110], false],
  ["memory that keeps growing", "memoryMiB", [100, 100, 100, 120, 140, 160, 180, 200], true],
  ["a single peak of memory", "memoryMiB", [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 400], false],
  ["descriptors that are never closed", "descriptors", [40, 40, 50, 60, 70, 80, 90, 100], true],
  ["descriptors that come and go", "descriptors", [40, 60, 70, 40, 60, 40, 70, 80], false],
  ["a WAL that is never emptied", "walMiB", [4, 4, 4, 4, 8, 16, 24, 32], true],
];

for (const [title, figure, values, grows] of GROWTHS) {
  test(`${title} ${grows ? "is growth" : "is not growth"}`, () => assert.equal(findGrowth(samples(figure, values)).length, grows ? 1 : 0));
}

test("a message that a tail missed, invented or changed is found", () => {
  const rows = [{ seq: 1, message_id: "a" }, { seq: 3, message_id: "b" }];
  assert.deepEqual(compareTail(rows, rows), []);
  assert.equal(compareTail(rows.slice(1), rows).length, 1);
  assert.equal(compareTail([...rows, { seq: 4, message_id: "c" }], rows).length, 1);
  assert.equal(compareTail([{ seq: 1, message_id: "x" }, { seq: 3, message_id: "b" }], rows).length, 1);
});

for (const [type, chunk, resumed] of [
  ["application/x-ndjson", '{"seq":8,"message_id":"m8"}\n', "/tail?after=8&generation=g1 "],
  ["text/event-stream", 'id: g1.8\ndata: {"seq":8,"message_id":"m8"}\n\n', "/tail g1.8"],
] as const) {
  test(`a tail of ${type} resumes with its generation, and reports a different one as a problem`, async (t) => {
    const problems: string[] = [];
    const service = await startStub(t, (response, number) => {
      response.writeHead(200, { "Tail-After": "7", "Tail-Generation": number < 2 ? "g1" : "g2" }).end(number === 0 ? chunk : "");
    });
    const tail = startTail(service.url, { type, random: () => 0.5, mostMs: 5_000, onProblem: (what) => problems.push(what) });
    await until("the tail has reconnected twice", () => problems.length > 0);
    await tail.stop();
    assert.deepEqual(service.requests.slice(0, 2).map(({ target, headers }) => `${target} ${headers["last-event-id"] ?? ""}`), ["/tail ", resumed]);
    assert.match(problems[0] ?? "", /from g1 to g2/);
  });
}
