import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { byId, check, DERIVED, type Problem, type Row } from "./check.ts";
import { startLoad, type ClientOptions, type Load, type LoadOptions } from "./clients.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createPlan, type Plan, type Random } from "./messages.ts";
import { observe } from "./observe.ts";
import { startService, type Service } from "./service.ts";

/** More than any start or stop may take. */
export const SHUTDOWN_TIMEOUT_MS = 5_000;
/** A service that neither answers nor ends: the run must not hang with it. */
const HANG_MS = 60_000;
/** What is derived must have been repaired by then. */
const REPAIR_MS = 30_000;

export interface HarnessOptions {
  /** `dist/main.js` or `src/main.ts`. */
  readonly main: string;
  /** Holds the database. */
  readonly folder: string;
  readonly connections: number;
  readonly random: Random;
  /** More of the service's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartOptions {
  /** A command that runs it, e.g. `strace` with its options. */
  readonly under?: readonly string[];
  /** Where it listens; a free one by default. */
  readonly port?: number;
  /** More of its environment, for this start. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One database file, what the clients know of it, and the means to start, load, end and check the service on it. */
export interface Harness {
  /** The path of its file. */
  readonly database: string;
  readonly ledger: Ledger;
  readonly plan: Plan;
  readonly random: Random;
  readonly problems: readonly { readonly where: string; readonly what: string }[];
  /** How many rows the last check saw. */
  rows(): number;
  report(where: string, what: string): void;
  start(options?: StartOptions): Service;
  /** Starts it, and rejects if it does not come up. */
  startUp(where: string, options?: StartOptions): Promise<{ readonly service: Service; readonly url: string }>;
  load(where: string, url: string, options?: LoadOptions): Load;
  /** Checks a service at rest against the ledger and reports what is wrong. */
  check(where: string, url: string): Promise<void>;
  /**
   * The same, but what is derived has half a minute to be repaired. Gives the milliseconds that this took, 0 if it was
   * right at once.
   */
  checkRepaired(where: string, url: string): Promise<number>;
  /** These messages have been removed for their age: from now on none of them may be there. */
  removed(ids: Iterable<string>): void;
  /** Sends again whatever has no known outcome, checks, ends the service with SIGTERM. */
  finish(where: string): Promise<void>;
}

export function createHarness(options: HarnessOptions): Harness {
  const { random } = options;
  const database = join(options.folder, "torture.db");
  const removed = new Set<string>();
  const ledger = createLedger();
  const plan = createPlan(random);
  const problems: { where: string; what: string }[] = [];
  let before: ReadonlyMap<string, Row> = new Map();

  function report(where: string, what: string): void {
    problems.push({ where, what });
  }

  async function look(url: string): Promise<readonly Problem[]> {
    const seen = await observe(database, url, random);
    const problems = check(ledger, seen, { before, removed });
    before = byId(seen.rows);
    return problems;
  }

  function reportAll(where: string, found: readonly Problem[]): void {
    for (const { kind, detail } of found) report(where, `${kind}: ${detail}`);
  }

  const harness: Harness = {
    database,
    ledger,
    plan,
    random,
    problems,
    report,
    rows: () => before.size,
    start(how = {}) {
      const env = { ...options.env, ...how.env };
      return startService({ main: options.main, database, shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS, ...how, env });
    },
    async startUp(where, how) {
      const service = harness.start(how);
      const url = await withinTime(service.started, `${where}: the service must start`);
      if (url === undefined) throw new Error(`Cannot go on: ${where}: the service must start, it ended: ${service.complaints()}`);
      return { service, url };
    },
    load(where, url, how) {
      const clients: ClientOptions = { connections: options.connections, ledger, plan, random, onUnexpected: (what) => report(where, what) };
      return startLoad(url, clients, how);
    },
    check: async (where, url) => reportAll(where, await look(url)),
    async checkRepaired(where, url) {
      const startedAt = performance.now();
      for (let tries = 0; ; tries += 1) {
        const tookMs = tries === 0 ? 0 : Math.ceil(performance.now() - startedAt);
        const found = await look(url).catch((error: unknown): readonly Problem[] => [{ kind: "read", detail: String(error) }]);
        const derived = found.filter(({ kind }) => DERIVED.has(kind));
        reportAll(where, found.filter(({ kind }) => !DERIVED.has(kind)));
        if (derived.length > 0 && tookMs < REPAIR_MS) continue;
        reportAll(where, derived);
        return tookMs;
      }
    },
    removed(ids) {
      for (const id of ids) removed.add(id);
    },
    async finish(where) {
      const { service, url } = await harness.startUp(where);
      await harness.check(where, url);
      while (plan.waiting() > 0) await withinTime(harness.load(where, url, { only: "retries" }).finished, `${where}: retries must be answered`);
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
