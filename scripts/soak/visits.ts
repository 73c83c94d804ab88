import { setTimeout } from "node:timers/promises";
import type { Harness } from "../torture/harness.ts";
import { hasOwner, startSecond } from "../torture/neighbours.ts";
import { holdSnapshot } from "../torture/readers.ts";
import { countRemoved } from "./file.ts";
import type { Service } from "../torture/service.ts";

/** Events that recur while the service runs. */
export interface Visits {
  /** Stops them, and returns how often each occurred. */
  stop(): Promise<ReadonlyMap<string, number>>;
}

export interface VisitOptions {
  readonly service: Service;
  readonly url: string;
  /** How often a second process is started on the database; other visits are more frequent. */
  readonly everyMs: number;
}

/** Starts second processes, exports and other readers of the file, each at its own rate, until they are stopped. */
export function startVisits(harness: Harness, where: string, { service, url, everyMs }: VisitOptions): Visits {
  const stopped = new AbortController();
  const counts = new Map<string, number>();

  async function again(what: string, pauseMs: number, visit: () => Promise<unknown>): Promise<void> {
    for (;;) {
      await setTimeout(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      await visit().catch((error: unknown) => {
        if (!stopped.signal.aborted) harness.report(where, `${what} failed: ${String(error)}`);
      });
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }

  const all = [
    again("export", everyMs / 2, () => exportAll(harness, where, { url, signal: stopped.signal })),
    again("other reader", everyMs / 5, () => holdSnapshot(harness.database, setTimeout(Math.min(3_000, everyMs / 5)))),
    ...(hasOwner(harness) ? [again("second start", everyMs, () => startSecond(harness, where, { service, url }))] : []),
  ];
  return {
    async stop() {
      stopped.abort();
      await Promise.all(all);
      return counts;
    },
  };
}

/** Checks an export: it must have every message that existed when it began, except those removed since, and none twice. */
async function exportAll(harness: Harness, where: string, { url, signal }: { url: string; signal: AbortSignal }): Promise<void> {
  const removedBefore = countRemoved(harness.database);
  const page: { readonly total: number } = JSON.parse(await (await fetch(`${url}/messages?limit=1`, { signal })).text());
  const response = await fetch(`${url}/messages?format=ndjson`, { signal });
  if (response.status !== 200) return harness.report(where, `an export got ${response.status}`);
  const lines = (await response.text()).trimEnd().split("\n");
  const ids = new Set(lines.map((line): string => JSON.parse(line).message_id));
  if (ids.size !== lines.length) harness.report(where, `an export has ${lines.length - ids.size} messages twice`);
  const removed = countRemoved(harness.database) - removedBefore;
  if (ids.size < page.total - removed) harness.report(where, `an export has ${ids.size} of ${page.total} messages, and ${removed} were removed`);
}
