import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { pick, type Random } from "./messages.ts";

/** Clients that read while others send. */
export interface Readers {
  /** Stops them, and returns how often each status occurred; 0 is a lost connection. */
  stop(): Promise<ReadonlyMap<number, number>>;
  /** Why the last connection was lost, with the target. */
  lastLoss(): string | undefined;
}

const TARGETS = [
  "/messages?q=order", "/messages?q=n1", "/messages?q=%CF%83", "/messages?from=+9198101", "/messages?limit=1",
  "/stats", "/stats/timeline", "/health/live",
] as const;

export interface ReaderOptions {
  readonly count: number;
  /** The pause between the requests of one client. */
  readonly pauseMs?: number;
}

/** Starts this many clients, each of which requests lists, searches and counts, one after the other. */
export function startReaders(url: string, random: Random, { count, pauseMs = 10 }: ReaderOptions): Readers {
  const statuses = new Map<number, number>();
  let stopped = false;
  let lastLoss: string | undefined;
  async function read(): Promise<void> {
    while (!stopped) {
      const target = pick(random, TARGETS);
      const startedAtMs = performance.now();
      const status = await fetch(url + target).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status;
        },
        (error: Error) => {
          lastLoss = `${target} after ${Math.round(performance.now() - startedAtMs)} ms: ${String(error.cause ?? error)}`;
          return 0;
        },
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await setTimeout(pauseMs);
    }
  }
  const all = Promise.all(Array.from({ length: count }, read));
  return {
    async stop() {
      stopped = true;
      await all;
      return statuses;
    },
    lastLoss: () => lastLoss,
  };
}

/** Holds a snapshot of the database until `released` settles, as `sqlite3` and Litestream do, and returns the number of rows in it. */
export async function holdSnapshot(database: string, released: Promise<unknown>): Promise<number> {
  using db = new DatabaseSync(database, { readOnly: true, timeout: 5_000 });
  db.exec("BEGIN");
  const count = Number(db.prepare("SELECT count(*) AS count FROM messages").get()?.["count"]);
  await released;
  db.exec("COMMIT");
  return count;
}
