import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createChecker, type Checker } from "./checker.ts";
import { startLoad, type Load, type LoadOptions } from "./clients.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createPlan, type Plan, type Random } from "./messages.ts";
import { readFile } from "./observe.ts";
import { startService, type Service } from "./service.ts";

/** Longer than any start or stop may take. */
export const SHUTDOWN_TIMEOUT_MS = 5_000;
/** For a service that neither responds nor ends: the run must not hang with it. */
const HANG_MS = 60_000;

export interface HarnessOptions {
  /** `dist/main.js` or `src/main.ts`. */
  readonly main: string;
  /** The folder of the database. */
  readonly folder: string;
  readonly connections: number;
  readonly random: Random;
  /** More environment variables for the service. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartOptions {
  /** A command that runs it, e.g. `strace` with its options. */
  readonly under?: readonly string[];
  /** The port to listen on; a free one by default. */
  readonly port?: number;
  /** More environment variables, for this start. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One database file, what the clients know about it, and functions to start, load, stop and check the service on it. */
export interface Harness extends Checker {
  /** The path of its file. */
  readonly database: string;
  readonly ledger: Ledger;
  readonly plan: Plan;
  readonly random: Random;
  readonly problems: readonly { readonly where: string; readonly what: string }[];
  report(where: string, what: string): void;
  start(options?: StartOptions): Service;
  /** Starts the service; rejects if it does not come up. */
  startUp(where: string, options?: StartOptions): Promise<{ readonly service: Service; readonly url: string }>;
  load(where: string, url: string, options?: LoadOptions): Load;
  /** Waits for a service that has got SIGTERM; reports it if it does not end with status 0. */
  endInOrder(where: string, service: Service): Promise<void>;
  /** Reports the statuses of reads; all must be 200. */
  reportReads(where: string, statuses: ReadonlyMap<number, number>): void;
  /** Resends what is in doubt, checks, and ends the service with SIGTERM. */
  finish(where: string): Promise<void>;
}

export function createHarness(options: HarnessOptions): Harness {
  const { random } = options;
  const database = join(options.folder, "torture.db");
  const ledger = createLedger();
  const plan = createPlan(random);
  const problems: { where: string; what: string }[] = [];

  function report(where: string, what: string): void {
    problems.push({ where, what });
  }

  const harness: Harness = {
    ...createChecker({ read: () => readFile(database), ledger, random, report }),
    database,
    ledger,
    plan,
    random,
    problems,
    report,
    start(how = {}) {
      const env = { ...options.env, ...how.env };
      return startService({ main: options.main, database, shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS, ...how, env });
    },
    async startUp(where, how) {
      const service = harness.start(how);
      const url = await withinTime(service.started, `${where}: the service must start`);
      if (url === undefined) throw new Error(`Cannot continue: ${where}: the service must start, it ended: ${service.complaints()}`);
      return { service, url };
    },
    load(where, url, how) {
      const onUnexpected = (what: string): void => report(where, what);
      return startLoad(url, { connections: options.connections, ledger, plan, random, onUnexpected }, how);
    },
    async endInOrder(where, service) {
      const exit = await withinTime(service.exited, `${where}: the service must stop`);
      if (exit.code === 0) return;
      report(where, `a stop must end with status 0, not ${exit.code ?? exit.signal}: ${service.complaints()}`);
    },
    reportReads(where, statuses) {
      const failed = [...statuses].filter(([status]) => status !== 200).map(([status, count]) => `${status} (${count} times)`);
      if (failed.length > 0) report(where, `reads got ${failed.join(", ")}`);
    },
    async finish(where) {
      const { service, url } = await harness.startUp(where);
      await harness.check(where, url);
      while (plan.waiting() > 0) {
        await withinTime(harness.load(where, url, { only: "retries" }).finished, `${where}: retries must get responses`);
      }
      await harness.check(where, url);
      service.signal("SIGTERM");
      await harness.endInOrder(where, service);
    },
  };
  return harness;
}

/** Rejects, naming what is required, if the work takes longer than `HANG_MS`. */
export async function withinTime<T>(work: Promise<T>, required: string): Promise<T> {
  const ended = new AbortController();
  const late = setTimeout(HANG_MS, undefined, { signal: ended.signal }).then(
    () => Promise.reject(new Error(`Cannot continue: ${required} within ${HANG_MS} ms`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}
