import assert from "node:assert/strict";
import { test } from "node:test";
import { nextState, retryOf, SHOWN, TRANSITIONS, type ListEvent, type ListState } from "../../src/pages/browser/list-state.ts";

const STATES: readonly ListState[] = ["loading", "ready", "fetching", "failed", "cut"];
const EVENTS: readonly ListEvent[] = ["load", "loaded", "fetch", "fetched", "fail"];

test("each step of the list is one of the table, and every other one is refused", () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const next = TRANSITIONS[state][event];
      if (next === undefined) assert.throws(() => nextState(state, event), `${state} ${event}`);
      else assert.equal(nextState(state, event), next);
    }
  }
});

test("from every state another filter loads, and every state can be reached and left", () => {
  const reached = new Set(Object.values(TRANSITIONS).flatMap((steps) => Object.values(steps)));
  assert.deepEqual([...reached].sort(), [...STATES].sort());
  for (const state of STATES) assert.equal(nextState(state, "load"), "loading");
});

test("no state contradicts itself: a failure is told where it can be tried again, without rows there is no count, what is busy has not failed", () => {
  for (const state of STATES) {
    const shown = SHOWN[state];
    assert.equal(shown.failure !== "none", retryOf(state) !== undefined, state);
    if (!shown.rows) assert.equal(shown.counted, false, state);
    if (shown.busy) assert.equal(shown.failure, "none", state);
    assert.equal(shown.end === "loading", shown.busy, state);
    assert.equal(shown.end === "outcome", state === "ready", state);
  }
});

test("what is tried again is what failed: the first page after a search, the further page after scrolling", () => {
  assert.equal(retryOf(nextState("loading", "fail")), "load");
  assert.equal(retryOf(nextState("fetching", "fail")), "fetch");
});
