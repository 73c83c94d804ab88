import type { Lifetime } from "../support/cleanup.ts";
import type { OpenedStore, OpenOptions } from "./contract/case.ts";
import { POSTGRES } from "./postgres/engine.ts";
import { SQLITE } from "./sqlite/engine.ts";

/** Opens a new, empty store that is closed at the end of `t`. */
export type OpenStore = (t: Lifetime, options?: OpenOptions) => Promise<OpenedStore>;

export interface TestEngine {
  readonly name: string;
  /** The reason why it cannot be tested here; false if it can. */
  readonly skip: string | false;
  /** Starts what its stores share, e.g. a server, which lasts as long as `t`. */
  start(t: Lifetime): Promise<OpenStore>;
}

/** Every shipped engine; `contract.test.ts` in its folder runs the whole contract. */
export const ENGINES: readonly TestEngine[] = [SQLITE, POSTGRES];
