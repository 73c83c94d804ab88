import { openDatabase } from "../database.ts";
import type { ReaderCalls } from "./protocol.ts";
import { createQueries } from "../read/queries.ts";
import { lowerPriority } from "./priority.ts";
import { serveThread } from "./serve-thread.ts";

serveThread<ReaderCalls>((settings, { cancellation, notify }) => {
  if (settings.inBackground) lowerPriority();
  const db = openDatabase(settings.location, { ...settings, readOnly: true });
  const queries = createQueries(db, { cancellation, onIndexFault: notify });
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
      removable: (which) => queries.removable(which),
      attachIndex: (location) => queries.attachIndex(location),
    },
    close: () => db.close(),
  };
});
