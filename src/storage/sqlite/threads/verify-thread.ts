import { existsSync } from "node:fs";
import { checkCounters } from "../maintain/check-counters.ts";
import { checkIndex, checkIntegrity, checkSchema } from "../maintain/check-file.ts";
import { checkSearch } from "../maintain/check-search.ts";
import { checkSenders } from "../maintain/check-senders.ts";
import type { Finding } from "../../../core/maintenance.ts";
import type { CheckFunction, ReportProgress } from "../maintain/check.ts";
import { explain, openDatabase } from "../database.ts";
import { INDEX_SCHEMA, indexLocation } from "../index/schema.ts";
import { rebuild } from "../maintain/rebuild.ts";
import { serveThread } from "./serve-thread.ts";
import type { CheckName, VerifierCalls } from "../maintain/verifier.ts";

const CHECK: Readonly<Record<CheckName, CheckFunction>> = {
  integrity: checkIntegrity,
  schema: checkSchema,
  index: checkIndex,
  counters: checkCounters,
  senders: checkSenders,
  search: checkSearch,
};

const NEEDS_INDEX: readonly CheckName[] = ["index", "counters", "senders", "search"];

function reporter(progress: Float64Array): ReportProgress {
  return (done, total) => progress.set([done, total]);
}

serveThread<VerifierCalls>(({ location }) => ({
  handlers: {
    check({ name, progress }): Finding {
      // Each check opens its own connection: a rebuild between two checks must find none open.
      using db = openDatabase(location, { readOnly: true });
      try {
        if (NEEDS_INDEX.includes(name)) {
          const index = indexLocation(location);
          if (!existsSync(index)) return { ok: true, detail: "there is no index: the service builds it when it starts" };
          db.prepare(`ATTACH ? AS ${INDEX_SCHEMA}`).run(index);
        }
        return CHECK[name](db, reporter(progress));
      } catch (error) {
        return { ok: false, detail: explain(error, location) };
      }
    },
    rebuild: (progress) => rebuild(location, reporter(progress)),
  },
  close: () => undefined,
}));
