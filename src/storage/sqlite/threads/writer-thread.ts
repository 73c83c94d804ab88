import { performance } from "node:perf_hooks";
import { createAdoption } from "../write/adoption.ts";
import { createBatchWriter } from "../write/batch.ts";
import { createWriterCheckpoints } from "../write/checkpoints.ts";
import { createLeftovers, estimateLeftovers } from "../write/leftovers.ts";
import { checkpointAtClose, checkpointRecovered, openDatabase, waitBriefly } from "../database.ts";
import { beginHistory } from "../begin-history.ts";
import { migrate } from "../migrations.ts";
import type { WriterCalls } from "./protocol.ts";
import { serveThread } from "./serve-thread.ts";

serveThread<WriterCalls>((settings) => {
  const db = openDatabase(settings.location, settings);
  migrate(db);
  checkpointRecovered(db);
  beginHistory(db, settings.recorded);
  waitBriefly(db, settings.busyTimeoutMs);
  const adoption = createAdoption(db);
  const writer = createBatchWriter(db, { removes: settings.removes ?? false, adoption });
  const checkpoints = createWriterCheckpoints(db);
  const leftovers = createLeftovers(db);

  function copyLast(): void {
    try {
      checkpoints.copyLast();
    } catch {
      // Frames that could not be copied stay in the WAL, where they are synced. If the disk has failed, the next commit reports it.
    }
  }

  /** The batch is committed by now: a failure here must not make it look as if it was not. */
  function countWalFrames(): number {
    try {
      return checkpoints.waitingFrames();
    } catch {
      return 0;
    }
  }

  return {
    handlers: {
      write({ batch, payloads, createdAt }) {
        const startedAt = performance.now();
        const outcomes = writer.write(batch, createdAt, payloads);
        const seconds = (performance.now() - startedAt) / 1000;
        const walFrames = countWalFrames();
        // After the result is sent, so that no caller waits for it.
        if (checkpoints.isLastDue()) setImmediate(copyLast);
        return { outcomes, seconds, walFrames };
      },
      remove: (request) => writer.remove(request),
      upgradeState: () => ({ toMove: adoption.remaining(), toDelete: estimateLeftovers(db) }),
      moveAdopted() {
        adoption.moveSome();
        return adoption.remaining();
      },
      dropLeftovers: () => leftovers.dropSome(),
      probe: (checkedAt) => writer.probe(checkedAt),
    },
    close() {
      checkpointAtClose(db);
      db.close();
    },
  };
});
