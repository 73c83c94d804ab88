import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openForwardPosition } from "../../src/cli/forward-position.ts";
import { temporaryFolder } from "../support/store.ts";

const TO = "https://app.example.com/hook";

test("a position is stored in its file for the next process", async (t) => {
  const path = join(temporaryFolder(t), "position.json");
  const first = await openForwardPosition({ path, to: TO, first: 7 });
  assert.deepEqual(first.current(), { after: 7 });
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { to: TO, after: 7 });
  for (let after = 8; after <= 100; after++) first.move({ after, generation: "g1" });
  await first.written();
  first.close();
  const second = await openForwardPosition({ path, to: TO, first: 0 });
  assert.deepEqual(second.current(), { after: 100, generation: "g1" });
  second.close();
});

test("a closed position no longer moves, because another process may own it", async (t) => {
  const path = join(temporaryFolder(t), "position.json");
  const first = await openForwardPosition({ path, to: TO, first: 7 });
  first.close();
  const second = await openForwardPosition({ path, to: TO, first: 0 });
  second.move({ after: 20 });
  await second.written();
  first.move({ after: 8 });
  await first.written();
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { to: TO, after: 20 });
  second.close();
});

test("a second process cannot open a position in use, and leaves it unchanged", async (t) => {
  const path = join(temporaryFolder(t), "position.json");
  const first = await openForwardPosition({ path, to: TO, first: 7 });
  await assert.rejects(openForwardPosition({ path, to: TO, first: 0 }), /must not be in use/);
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { to: TO, after: 7 });
  first.close();
  (await openForwardPosition({ path, to: TO, first: 0 })).close();
});

for (const [name, content] of [
  ["of another URL", JSON.stringify({ to: "https://other.example", after: 1 })],
  ["that is not JSON", "x"],
  ["with another type of value", "null"],
  ["without a number", JSON.stringify({ to: TO, after: "1" })],
  ["with a negative number", JSON.stringify({ to: TO, after: -1 })],
  ["that is empty", ""],
] as const) {
  test(`a position file ${name} is refused, left unchanged and left unlocked`, async (t) => {
    const path = join(temporaryFolder(t), "position.json");
    writeFileSync(path, content);
    for (const _ of [1, 2])
      await assert.rejects(openForwardPosition({ path, to: TO, first: 0 }), /^Error: Cannot forward from .*: it must contain/);
    assert.equal(readFileSync(path, "utf8"), content);
  });
}

test("a position in a folder that does not exist is refused", async (t) => {
  const path = join(temporaryFolder(t), "missing/position.json");
  const message = `Cannot forward from ${path}: its folder must exist, and this user must be able to write there`;
  await assert.rejects(openForwardPosition({ path, to: TO, first: 0 }), { message });
});

test("a folder as the position file is refused", async (t) => {
  const path = join(temporaryFolder(t), "position");
  mkdirSync(path);
  const message = `Cannot forward from ${path}: it must be a file that this user can read`;
  await assert.rejects(openForwardPosition({ path, to: TO, first: 0 }), { message });
});

test("a position that cannot be written is reported", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "position.json");
  const position = await openForwardPosition({ path, to: TO, first: 0 });
  mkdirSync(`${path}.partial`);
  position.move({ after: 1 });
  await assert.rejects(position.failed, { code: "EISDIR" });
  position.close();
  await assert.rejects(openForwardPosition({ path: join(folder, "none", "position.json"), to: TO, first: 0 }));
});
