import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { openDatabase } from "../database.ts";
import type { ReaderCalls } from "./protocol.ts";
import { createQueries } from "../read/queries.ts";
import { serveThread } from "./serve-thread.ts";

/** Of 19: at 10 a search without pause took half of the messages a second that came in beside it. */
const BACKGROUND_NICE = 15;

serveThread<ReaderCalls>((settings, cancellation) => {
  if (settings.inBackground) lowerPriority();
  const db = openDatabase(settings.location, { ...settings, readOnly: true });
  const queries = createQueries(db, cancellation);
  return {
    handlers: {
      list: (query) => queries.list(query),
      get: (messageId) => queries.get(messageId),
      stats: () => queries.stats(),
      timeline: (query) => queries.timeline(query),
      count: () => queries.count(),
      exportPage: (query) => queries.exportPage(query),
      payload: (messageId) => queries.payload(messageId),
      since: ({ seq, limit, payload }) => queries.since(seq, limit, payload),
      lastSequence: () => queries.lastSequence(),
    },
    close: () => db.close(),
  };
});

/** Of this thread alone, which Linux has and other systems have not (https://man7.org/linux/man-pages/man7/pthreads.7.html, "nice"). */
function lowerPriority(): void {
  try {
    const thread = readlinkSync("/proc/thread-self").split("/").at(-1);
    setPriority(Number(thread), BACKGROUND_NICE);
  } catch {
    // Slower messages beside a long search are no reason not to start.
  }
}
