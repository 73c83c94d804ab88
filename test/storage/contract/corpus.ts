import assert from "node:assert/strict";
import type { Message } from "../../../src/core/message.ts";
import { message } from "../../support/store.ts";
import type { Lifetime } from "../../support/cleanup.ts";
import type { OpenStore } from "../engines.ts";
import { make, type Corpus } from "./case.ts";
import { createMemoryEngine } from "./memory-engine.ts";

const TEXTS: readonly (string | null)[] = [
  "Grüße aus Köln", "ΟΔΥΣΣΕΎΣ", "100% sure_thing", "back\\slash \"quoted\" it's", "abcabc", "a", null, "nothing", "NUL\u0000inside", "Straße 😀", "", "x".repeat(4_000),
];
const IDS: readonly string[] = ["", "\uFB00", "\u{1F600}", "Z", "ä", "\0", "\u0002"];

/** The time of the n-th message. A third of them have the same time; the others differ in days, hours, minutes and fractions. */
function timeOf(n: number): string {
  if (n % 3 === 0) return "2025-01-15T10:00:00Z";
  if (n % 101 === 0) return n % 2 === 0 ? "0000-01-01T00:00:00Z" : "9999-12-31T23:59:59.999999999Z";
  const fraction = ["", ".5", ".05", ".123456789"][n % 4] ?? "";
  return new Date(Date.UTC(2025, Math.floor(n / 3) % 3, 1 + (n % 27), n % 24, n % 60, n % 60)).toISOString().replace(".000", fraction);
}

/** Messages of many senders with different shares, many of them with the same time, ids and texts in every script. */
export const CORPUS: readonly Message[] = make(2_700, (index) => {
  const n = (index * 7_919) % 2_700;
  return {
    ...message(`${IDS[n % IDS.length]}${n}`, { from: `+${1 + (n % 7 < 3 ? 0 : n % 13)}`, to: `+${100 + (n % 3)}`, ts: timeOf(n), text: TEXTS[n % TEXTS.length] ?? null }),
    ...(n % 10 === 0 && { payload: `{"n":${n}}` }),
  };
});

/** Opens two stores with the same messages in the same order of commits. */
export async function openCorpus(open: OpenStore, t: Lifetime): Promise<Corpus> {
  const { store } = await open(t);
  const { store: expected } = await (await createMemoryEngine("memory").start(t))(t);
  for (let start = 0; start < CORPUS.length; start += 900) {
    const batch = CORPUS.slice(start, start + 900);
    for (const one of [store, expected]) assert.deepEqual(new Set(await one.insertAll(batch)), new Set(["created"]));
  }
  return { store, expected };
}
