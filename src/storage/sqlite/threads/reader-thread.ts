import { openDatabase, waitBriefly } from "../database.ts";
import type { ReaderCalls } from "./protocol.ts";
import { createQueries } from "../read/queries.ts";
import { lowerPriority } from "./priority.ts";
import { serveThread } from "./serve-thread.ts";

serveThread<ReaderCalls>((settings, { cancellation, notify }) => {
  if (settings.inBackground) lowerPriority();
  const db = openDatabase(settings.location, { ...settings, readOnly: true });
  waitBriefly(db, settings.busyTimeoutMs);
  const queries = createQueries(db, { cancellation, onIndexFault: notify });
  return {
    handlers: { ...queries, since: ({ seq, limit, payload }) => queries.since(seq, limit, payload) },
    close: () => db.close(),
  };
});
