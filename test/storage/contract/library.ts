import assert from "node:assert/strict";
import type { Message } from "../../../src/core/message.ts";
import { message } from "../../support/store.ts";
import type { Lifetime } from "../../support/cleanup.ts";
import type { OpenStore } from "../engines.ts";
import { make, type Library } from "./case.ts";
import { createMemoryEngine } from "./memory-engine.ts";

const TEXTS: readonly (string | null)[] = [
  "Grüße aus Köln", "ΟΔΥΣΣΕΎΣ", "100% sure_thing", "back\\slash \"quoted\" it's", "abcabc", "a", null, "nothing", "NUL\u0000inside", "Straße 😀", "", "x".repeat(4_000),
];
const IDS: readonly string[] = ["", "\uFB00", "\u{1F600}", "Z", "ä", "\0", "\u0002"];

/** When the n-th message was sent: days, hours, minutes and fractions apart, with a third of all at one instant. */
function timeOf(n: number): string {
  if (n % 3 === 0) return "2025-01-15T10:00:00Z";
  if (n % 101 === 0) return n % 2 === 0 ? "0000-01-01T00:00:00Z" : "9999-12-31T23:59:59.999999999Z";
  const fraction = ["", ".5", ".05", ".123456789"][n % 4] ?? "";
  return new Date(Date.UTC(2025, Math.floor(n / 3) % 3, 1 + (n % 27), n % 24, n % 60, n % 60)).toISOString().replace(".000", fraction);
}

/** Many senders of different weight, many messages at one instant, ids and texts in every script. */
export const LIBRARY: readonly Message[] = make(2_700, (index) => {
  const n = (index * 7_919) % 2_700;
  return {
    ...message(`${IDS[n % IDS.length]}${n}`, { from: `+${1 + (n % 7 < 3 ? 0 : n % 13)}`, to: `+${100 + (n % 3)}`, ts: timeOf(n), text: TEXTS[n % TEXTS.length] ?? null }),
    ...(n % 10 === 0 && { payload: `{"n":${n}}` }),
  };
});

/** Both hold the same messages, in the same order of commits. */
export async function openLibrary(open: OpenStore, t: Lifetime): Promise<Library> {
  const { store } = await open(t);
  const { store: expected } = await (await createMemoryEngine("memory").start(t))(t);
  for (let start = 0; start < LIBRARY.length; start += 900) {
    const batch = LIBRARY.slice(start, start + 900);
    for (const one of [store, expected]) assert.deepEqual(new Set(await one.insertAll(batch)), new Set(["created"]));
  }
  return { store, expected };
}
