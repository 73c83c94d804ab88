import type { Lifetime } from "../../support/cleanup.ts";
import type { TestEngine } from "../engines.ts";
import type { ContractCase, Library } from "./case.ts";
import { INSERT } from "./insert.ts";
import { openLibrary } from "./library.ts";

/** All that an engine must do to be shipped. */
export const CONTRACT: readonly ContractCase[] = [...INSERT];

/** Runs one case on stores of an engine that last as long as `t`; what the cases share lasts as long as the runner. */
export type Runner = (one: ContractCase, t: Lifetime) => Promise<void>;

export async function createRunner(engine: TestEngine, t: Lifetime): Promise<Runner> {
  const open = await engine.start(t);
  let library: Promise<Library> | undefined;
  return (one, caseLifetime) =>
    one.run({
      open: (options) => open(caseLifetime, options),
      library: () => (library ??= openLibrary(open, t)),
    });
}
