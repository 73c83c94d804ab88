import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Lifetime } from "../../support/cleanup.ts";
import { oneOfMany } from "../../support/sweep.ts";
import type { TestEngine } from "../engines.ts";
import type { ContractCase, Corpus, OpenedStore } from "./case.ts";
import { CLOSE } from "./close.ts";
import { CURSOR } from "./cursor.ts";
import { ERASURE } from "./erasure.ts";
import { EXPORT } from "./export.ts";
import { FAULTS } from "./faults.ts";
import { INSERT } from "./insert.ts";
import { openCorpus } from "./corpus.ts";
import { LIST } from "./list.ts";
import { MOMENTS } from "./moments.ts";
import { READS } from "./reads.ts";
import { RECEIVED } from "./received.ts";
import { RETENTION } from "./retention.ts";
import { SEARCH } from "./search.ts";
import { STATS } from "./stats.ts";
import { STRINGS } from "./strings.ts";
import { TAIL } from "./tail.ts";

/** All cases that an engine must pass to be shipped. */
export const CONTRACT: readonly ContractCase[] = [
  ...INSERT, ...STRINGS, ...LIST, ...RECEIVED, ...SEARCH, ...CURSOR, ...MOMENTS, ...EXPORT, ...TAIL, ...STATS, ...READS, ...RETENTION, ...ERASURE,
  ...CLOSE,
  // Last, because they leave thousands of messages in the shared store.
  ...FAULTS,
];

/** Runs one case. Stores that it opens last as long as `t`; those that the cases share last as long as the runner. */
export type Runner = (one: ContractCase, t: Lifetime) => Promise<void>;

export async function createRunner(engine: TestEngine, t: Lifetime): Promise<Runner> {
  const open = await engine.start(t);
  let corpus: Promise<Corpus> | undefined;
  let shared: Promise<OpenedStore> | undefined;
  return (one, caseLifetime) =>
    one.run({
      open: (options) => open(caseLifetime, options),
      shared: () => (shared ??= open(t)),
      corpus: () => (corpus ??= openCorpus(open, t)),
    });
}

/** Registers a test for each case of the contract. The cases of one file share one runner. A short run has every `every`-th case. */
export function testContract(engine: TestEngine, { every = 1 }: { readonly every?: number } = {}): void {
  const releases: (() => Promise<void>)[] = [];
  let runner: Promise<Runner> | undefined;
  after(async () => {
    const faults: unknown[] = [];
    for (const release of releases) await release().catch((error: unknown) => faults.push(error));
    assert.deepEqual(faults, []);
  });
  for (const [index, one] of CONTRACT.entries()) {
    test(`${engine.name}, ${one.promise}: ${one.name}`, { skip: engine.skip || oneOfMany(index, { every }) }, async (t) => {
      runner ??= createRunner(engine, { after: (release) => void releases.push(release) });
      await (await runner)(one, t);
    });
  }
}
