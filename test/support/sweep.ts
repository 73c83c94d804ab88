import type { TestContext } from "node:test";

/** Set by `make check`: every test looks at all its cases. `make test` has less time. */
const IS_FULL = process.env["FULL"] === "1";

const TOO_LONG = "NOT TESTED in a short run: make check does";
const ALIKE = "One of many alike: make check runs them all";

/** For the `skip` of a test that is too long for every run. */
export const SKIP_IN_SHORT_RUN: string | false = IS_FULL ? false : TOO_LONG;

/** The options of a test that is too long for every run. */
export const ONLY_IN_FULL_RUN: { readonly skip: string | false } = { skip: SKIP_IN_SHORT_RUN };

/** All cases in a full run; in others every `every`-th one and the last, and the run says so. */
export function sweep<T>(t: TestContext, cases: readonly T[], { every }: { readonly every: number }): readonly T[] {
  const chosen = cases.filter((_, index) => IS_FULL || index % every === 0 || index === cases.length - 1);
  report(t, chosen.length, cases.length);
  return chosen;
}

/** How often to do something: `full` times in a full run; `short` times in others, and the run says so. */
export function repetitions(t: TestContext, { full, short }: { readonly full: number; readonly short: number }): number {
  const count = IS_FULL ? full : short;
  report(t, count, full);
  return count;
}

/** For the `skip` of a test that is one of many alike: every `every`-th is always run, the others in a full run only, and say so. */
export function oneOfMany(index: number, { every }: { readonly every: number }): string | false {
  return IS_FULL || index % every === 0 ? false : ALIKE;
}

function report(t: TestContext, count: number, full: number): void {
  if (count < full) t.diagnostic(`Shortened to ${count} of ${full} cases: make check looks at all of them`);
}

/** The number of cases that a test leaves to `make check`, from the reason of its `skip` or from its diagnostic; 0 for any other text. */
export function casesLeftOut(text: string): number {
  if (text === TOO_LONG || text === ALIKE) return 1;
  const [, count = 0, full = 0] = /^Shortened to (\d+) of (\d+) cases/.exec(text) ?? [];
  return Number(full) - Number(count);
}
