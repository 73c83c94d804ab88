import assert from "node:assert/strict";
import { test } from "node:test";
import { nextState, retryOf, DISPLAYS, TRANSITIONS, type ListEvent, type ListState } from "../../src/pages/browser/list-state.ts";

const STATES: readonly ListState[] = ["loading", "ready", "fetching", "failed", "cut"];
const EVENTS: readonly ListEvent[] = ["load", "loaded", "fetch", "fetched", "fail"];

test("the list makes exactly the transitions of the table, and every other one throws", () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const next = TRANSITIONS[state][event];
      if (next === undefined) assert.throws(() => nextState(state, event), `${state} ${event}`);
      else assert.equal(nextState(state, event), next);
    }
  }
});

test("every state can be reached, and a new filter loads from every state", () => {
  const reached = new Set(Object.values(TRANSITIONS).flatMap((steps) => Object.values(steps)));
  assert.deepEqual([...reached].sort(), [...STATES].sort());
  for (const state of STATES) assert.equal(nextState(state, "load"), "loading");
});

test("no state contradicts itself: a failure shown can be retried, without rows there is no count, and a busy list has not failed", () => {
  for (const state of STATES) {
    const shown = DISPLAYS[state];
    assert.equal(shown.failure !== "none", retryOf(state) !== undefined, state);
    if (!shown.rows) assert.equal(shown.counted, false, state);
    if (shown.busy) assert.equal(shown.failure, "none", state);
    assert.equal(shown.end === "loading", shown.busy, state);
    assert.equal(shown.end === "outcome", state === "ready", state);
  }
});

test("a retry repeats the request that failed: the first page after a search, the next page after scrolling", () => {
  assert.equal(retryOf(nextState("loading", "fail")), "load");
  assert.equal(retryOf(nextState("fetching", "fail")), "fetch");
});
