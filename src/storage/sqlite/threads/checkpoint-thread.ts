import { openDatabase } from "../database.ts";
import type { CheckpointCalls } from "./protocol.ts";
import { serveThread } from "./serve-thread.ts";

serveThread<CheckpointCalls>((settings) => {
  const db = openDatabase(settings.location, settings);
  return {
    handlers: {
      // PASSIVE takes no lock that the writer or a reader needs.
      checkpoint: () => db.exec("PRAGMA wal_checkpoint(PASSIVE)"),
    },
    close: () => db.close(),
  };
});
