import { performance } from "node:perf_hooks";
import { createBatchWriter } from "../write/batch.ts";
import { createWriterCheckpoints } from "../write/checkpoints.ts";
import { checkpointAtClose, checkpointRecovered, openDatabase } from "../database.ts";
import { createIndexer } from "../index/indexer.ts";
import { migrate } from "../migrations.ts";
import type { WriterCalls } from "./protocol.ts";
import { serveThread } from "./serve-thread.ts";

/** The backlog of the index is taken up once no batch has come for so long. */
const IDLE_MS = 50;

serveThread<WriterCalls>((settings) => {
  const db = openDatabase(settings.location, settings);
  migrate(db);
  checkpointRecovered(db);
  const writer = createBatchWriter(db, { indexer: createIndexer(db), removes: settings.removes ?? false });
  const checkpoints = createWriterCheckpoints(db);
  const idle = setTimeout(catchUp, IDLE_MS);

  function catchUp(): void {
    try {
      if (writer.catchUp()) idle.refresh();
    } catch {
      // The next batch meets the same fault, or is told of it, and reports it; until then readers scan the backlog.
    }
  }

  function copyLast(): void {
    try {
      checkpoints.copyLast();
    } catch {
      // What it could not copy stays in the WAL, where it is synced; the next commit meets the same disk and reports it.
    }
  }

  return {
    handlers: {
      write({ batch, payloads, createdAt }) {
        const startedAt = performance.now();
        const outcomes = writer.write(batch, createdAt, payloads);
        const seconds = (performance.now() - startedAt) / 1000;
        idle.refresh();
        const walFrames = checkpoints.waitingFrames();
        // Behind the answer: nobody waits for it.
        if (checkpoints.isLastDue()) setImmediate(copyLast);
        return { outcomes, seconds, walFrames };
      },
      remove: (before) => writer.remove(before),
      erase: (which) => writer.erase(which),
      probe: (checkedAt) => writer.probe(checkedAt),
    },
    close() {
      clearTimeout(idle);
      checkpointAtClose(db);
      db.close();
    },
  };
});
