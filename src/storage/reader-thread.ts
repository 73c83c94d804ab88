import { openDatabase } from "./database.ts";
import type { ReaderCalls } from "./protocol.ts";
import { createQueries } from "./queries.ts";
import { serveThread } from "./serve-thread.ts";

serveThread<ReaderCalls>((settings) => {
  const db = openDatabase(settings.location, { ...settings, readOnly: true });
  const queries = createQueries(db);
  return {
    handlers: {
      list: (query) => queries.list(query),
      get: (messageId) => queries.get(messageId),
      stats: () => queries.stats(),
      count: () => queries.count(),
    },
    close: () => db.close(),
  };
});
