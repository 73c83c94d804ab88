import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionLimit } from "../../src/http/connection-limit.ts";
import { pickForRoom, type Use } from "../../src/http/make-room.ts";

for (const [maxDescriptors, limit] of [[undefined, 16_384], [1_048_576, 16_384], [16_480, 16_384], [16_479, 16_383], [1024, 928], [256, 160], [100, 25], [1, 1]] as const) {
  test(`with ${maxDescriptors ?? "an unknown number of"} descriptors at most ${limit} connections are open`, () => {
    assert.equal(connectionLimit(maxDescriptors), limit);
  });
}

/** Connections as `use number`, in the order in which they were opened; how many to close; which are picked. */
const PICKS: readonly (readonly [readonly string[], number, readonly string[]])[] = [
  [["idle 1", "silent 2", "stalled 3", "silent 4"], 1, ["silent 2"]],
  [["idle 1", "silent 2", "stalled 3", "silent 4"], 2, ["silent 2", "silent 4"]],
  [["idle 1", "silent 2", "stalled 3", "silent 4"], 3, ["silent 2", "silent 4", "stalled 3"]],
  [["idle 1", "silent 2", "stalled 3", "silent 4"], 9, ["silent 2", "silent 4", "stalled 3", "idle 1"]],
  [["idle 1", "idle 2", "idle 3"], 2, ["idle 1", "idle 2"]],
  [["served 1", "served 2"], 1, []],
];

const USES: Readonly<Record<string, Use>> = { silent: "silent", stalled: "stalled", idle: "idle" };

for (const [open, count, picked] of PICKS) {
  test(`to make room for ${count} among ${open.join(", ")}, it closes ${picked.join(", ") || "none"}`, () => {
    assert.deepEqual(pickForRoom(open, (connection) => USES[connection.split(" ")[0] ?? ""] ?? "served", count), picked);
  });
}
