import { setTimeout } from "node:timers/promises";
import { compareTail, startTail, type Tail } from "../soak/tails.ts";
import { createChecker } from "../torture/checker.ts";
import { startLoad, type ClientOptions, type Load } from "../torture/clients.ts";
import { withinTime } from "../torture/harness.ts";
import { createLedger } from "../torture/ledger.ts";
import { createPlan, type Random } from "../torture/messages.ts";
import { startReaders, type Readers } from "../torture/readers.ts";
import { until } from "../torture/until.ts";
import type { Receiver } from "./receiver.ts";
import { readMessages, type SequencedRow } from "./rows.ts";
import { timeAnswers, type TimedLedger } from "./waits.ts";

export interface CampaignOptions {
  readonly databaseUrl: string;
  /** Where clients send and read: at the receivers, or at a balancer in front of them. */
  readonly entries: readonly string[];
  /** The receivers, which must all return the same. */
  readonly receivers: readonly Pick<Receiver, "url">[];
  /** The number of connections to each entry. */
  readonly connections: number;
  /** The pause between the requests of a connection, in milliseconds. */
  readonly pauseMs: number;
  readonly random: Random;
  /** See `CheckerOptions`. */
  readonly repairMs?: number;
}

/** Clients that use several receivers of one database, and what they know. */
export interface Campaign {
  readonly ledger: TimedLedger;
  readonly problems: readonly { readonly where: string; readonly what: string }[];
  report(where: string, what: string): void;
  /** Starts senders and readers, once every tail has begun. Tails run all the time. */
  begin(where: string): Promise<void>;
  /** Waits until this many more deliveries have got 200. */
  stored(where: string, more: number): Promise<void>;
  /**
   * Stops the senders, resends what is in doubt, and compares the database, every receiver and every tail with what the clients
   * know.
   */
  rest(where: string): Promise<void>;
  /** The rows of the last check. */
  rows(): number;
  stop(): Promise<void>;
}

const TAIL_TYPES = ["application/x-ndjson", "text/event-stream"] as const;
const LONGEST_TAIL_MS = 10_000;
const READERS = 2;
const READ_PAUSE_MS = 100;
/** 0 is a lost connection; 502 and 504 come from a proxy; 408 goes to a client that a busy machine delays. */
const READ_STATUSES: ReadonlySet<number> = new Set([200, 0, 408, 502, 503, 504]);
const SHOWN_OF_A_TAIL = 5;

/** Starts the tails at once, so the receivers must be running. */
export function startCampaign(options: CampaignOptions): Campaign {
  const { databaseUrl, entries, random } = options;
  const ledger = timeAnswers(createLedger());
  const plan = createPlan(random);
  const problems: { where: string; what: string }[] = [];
  let stored: readonly SequencedRow[] = [];
  let loads: readonly Load[] = [];
  let readers: readonly Readers[] = [];

  function report(where: string, what: string): void {
    problems.push({ where, what });
  }

  const checker = createChecker({
    read: () => ({ rows: stored, integrity: ["ok"] }),
    ledger, random, report,
    ...(options.repairMs !== undefined && { repairMs: options.repairMs }),
  });
  const tails: readonly Tail[] = entries.flatMap((url) => TAIL_TYPES.map((type) =>
    startTail(url, { type, random, mostMs: LONGEST_TAIL_MS, mayBreak: true, onProblem: (what) => report("a tail", what) })));

  function clientOptions(where: string): ClientOptions {
    return { connections: options.connections, ledger, plan, random, onUnexpected: (what) => report(where, what) };
  }

  async function endLoads(where: string): Promise<void> {
    for (const load of loads) load.stop();
    await withinTime(Promise.all(loads.map(({ finished }) => finished)), `${where}: deliveries must get responses`);
    loads = [];
    for (const one of readers) {
      for (const [status, count] of await one.stop()) {
        if (!READ_STATUSES.has(status)) report(where, `reads got ${status} (${count} times)`);
      }
    }
    readers = [];
    const [entry = ""] = entries;
    while (plan.waiting() > 0) {
      const retries = startLoad(entry, clientOptions(where), { only: "retries", persists: true });
      await withinTime(retries.finished, `${where}: retries must get responses`);
    }
  }

  async function checkTail(where: string, tail: Tail): Promise<void> {
    const after = tail.after() ?? 0;
    const rows = stored.filter(({ seq }) => seq > after);
    const last = rows.at(-1)?.seq ?? after;
    await until(async () => (tail.seen.at(-1)?.seq ?? after) >= last, `${where}: a tail must get to the last message`);
    for (const problem of compareTail(tail.seen, rows).slice(0, SHOWN_OF_A_TAIL)) report(where, problem);
  }

  return {
    ledger,
    problems,
    report,
    async begin(where) {
      await until(async () => tails.every((tail) => tail.after() !== undefined), `${where}: every tail must get a response`);
      const pace = (): Promise<void> => setTimeout(options.pauseMs);
      loads = entries.map((url) => startLoad(url, clientOptions(where), { pace, persists: true }));
      readers = entries.map((url) => startReaders(url, random, { count: READERS, pauseMs: READ_PAUSE_MS }));
    },
    async stored(where, more) {
      const enough = ledger.count("stored") + more;
      await until(async () => ledger.count("stored") >= enough, `${where}: messages must be stored`);
    },
    async rest(where) {
      await endLoads(where);
      stored = await readMessages(databaseUrl);
      for (const { url } of options.receivers) await checker.checkRepaired(`${where}, ${url}`, url);
      for (const tail of tails) await checkTail(where, tail);
    },
    rows: () => stored.length,
    async stop() {
      await Promise.all(tails.map((tail) => tail.stop()));
    },
  };
}
