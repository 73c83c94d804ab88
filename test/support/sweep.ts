import type { TestContext } from "node:test";

/** Set by `make check`, which runs all cases of every test. `make test` has less time. */
const IS_FULL = process.env["FULL"] === "1";

const TOO_LONG = "NOT TESTED in a short run: make check tests it";
const ALIKE = "One of many similar tests: make check runs them all";

/** The `skip` of a test that is too long for `make test`. */
export const SKIP_IN_SHORT_RUN: string | false = IS_FULL ? false : TOO_LONG;

/** The options of a test that is too long for `make test`. */
export const ONLY_IN_FULL_RUN: { readonly skip: string | false } = { skip: SKIP_IN_SHORT_RUN };

/** All cases in a full run. Otherwise every `every`-th case and the last one, and the report says so. */
export function sweep<T>(t: TestContext, cases: readonly T[], { every }: { readonly every: number }): readonly T[] {
  const chosen = cases.filter((_, index) => IS_FULL || index % every === 0 || index === cases.length - 1);
  report(t, chosen.length, cases.length);
  return chosen;
}

/** The number of repetitions: `full` in a full run. Otherwise `short`, and the report says so. */
export function repetitions(t: TestContext, { full, short }: { readonly full: number; readonly short: number }): number {
  const count = IS_FULL ? full : short;
  report(t, count, full);
  return count;
}

/** The `skip` of one of many similar tests: every `every`-th always runs, the others only in a full run, and the report says so. */
export function oneOfMany(index: number, { every }: { readonly every: number }): string | false {
  return IS_FULL || index % every === 0 ? false : ALIKE;
}

function report(t: TestContext, count: number, full: number): void {
  if (count < full) t.diagnostic(`Shortened to ${count} of ${full} cases: make check runs all of them`);
}

/** The number of cases that a test leaves to `make check`, from the reason of its `skip` or from its diagnostic; 0 for any other text. */
export function casesLeftOut(text: string): number {
  if (text === TOO_LONG || text === ALIKE) return 1;
  const [, count = 0, full = 0] = /^Shortened to (\d+) of (\d+) cases/.exec(text) ?? [];
  return Number(full) - Number(count);
}
