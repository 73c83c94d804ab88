import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { byId, check, type Problem, type Row } from "./check.ts";
import { startLoad, type ClientOptions, type Load } from "./clients.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createPlan, type Plan, type Random } from "./messages.ts";
import { observe } from "./observe.ts";
import { startService, type Service } from "./service.ts";

/** More than any start or stop may take. */
export const SHUTDOWN_TIMEOUT_MS = 5_000;
/** A service that neither answers nor ends: the run must not hang with it. */
const HANG_MS = 60_000;

export interface HarnessOptions {
  /** `dist/main.js` or `src/main.ts`. */
  readonly main: string;
  /** Holds the database. */
  readonly folder: string;
  readonly connections: number;
  readonly random: Random;
}

/** One database file, what the clients know of it, and the means to start, load, end and check the service on it. */
export interface Harness {
  readonly ledger: Ledger;
  readonly plan: Plan;
  readonly random: Random;
  readonly problems: readonly { readonly where: string; readonly what: string }[];
  /** How many rows the last check saw. */
  rows(): number;
  report(where: string, what: string): void;
  start(under?: readonly string[]): Service;
  /** Starts it, and where it does not come up reports that and rejects. */
  startUp(where: string, under?: readonly string[]): Promise<{ readonly service: Service; readonly url: string }>;
  load(where: string, url: string, only?: "retries"): Load;
  /** Checks a service at rest against the ledger and reports what is wrong. */
  check(where: string, url: string): Promise<void>;
  /** Sends again whatever has no known outcome, checks, ends the service with SIGTERM. */
  finish(where: string): Promise<void>;
}

export function createHarness(options: HarnessOptions): Harness {
  const { random } = options;
  const database = join(options.folder, "torture.db");
  const ledger = createLedger();
  const plan = createPlan(random);
  const problems: { where: string; what: string }[] = [];
  let before: ReadonlyMap<string, Row> = new Map();

  function report(where: string, what: string): void {
    problems.push({ where, what });
  }

  const harness: Harness = {
    ledger,
    plan,
    random,
    problems,
    report,
    rows: () => before.size,
    start: (under) => startService({ main: options.main, database, shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS, ...(under && { under }) }),
    async startUp(where, under) {
      const service = harness.start(under);
      const url = await withinTime(service.started, `${where}: the service must start`);
      if (url === undefined) throw new Error(`Cannot go on: ${where}: the service must start, it ended: ${service.complaints()}`);
      return { service, url };
    },
    load(where, url, only) {
      const clients: ClientOptions = { connections: options.connections, ledger, plan, random, onUnexpected: (what) => report(where, what) };
      return startLoad(url, clients, only);
    },
    async check(where, url) {
      const seen = await observe(database, url, random);
      for (const { kind, detail } of check(ledger, seen, before) satisfies readonly Problem[]) report(where, `${kind}: ${detail}`);
      before = byId(seen.rows);
    },
    async finish(where) {
      const { service, url } = await harness.startUp(where);
      await harness.check(where, url);
      while (plan.waiting() > 0) await withinTime(harness.load(where, url, "retries").finished, `${where}: retries must be answered`);
      await harness.check(where, url);
      service.signal("SIGTERM");
      const exit = await withinTime(service.exited, `${where}: the service must stop`);
      if (exit.code !== 0) report(where, `a stop must end with status 0, not ${exit.code ?? exit.signal}: ${service.complaints()}`);
    },
  };
  return harness;
}

/** Rejects where it takes longer than anything here may. */
export async function withinTime<T>(work: Promise<T>, required: string): Promise<T> {
  const ended = new AbortController();
  const late = setTimeout(HANG_MS, undefined, { signal: ended.signal }).then(
    () => Promise.reject(new Error(`Cannot go on: ${required} within ${HANG_MS} ms`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}
