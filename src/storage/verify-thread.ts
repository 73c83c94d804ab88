import { checkCounters } from "./check-counters.ts";
import { checkIntegrity, checkMarks, checkSchema } from "./check-file.ts";
import { checkSearch } from "./check-search.ts";
import { checkSenders } from "./check-senders.ts";
import type { Check, Finding, ReportProgress } from "./check.ts";
import { explain, openDatabase } from "./database.ts";
import { rebuild } from "./rebuild.ts";
import { serveThread } from "./serve-thread.ts";
import type { CheckName, VerifierCalls } from "./verifier.ts";

const CHECK: Readonly<Record<CheckName, Check>> = {
  integrity: checkIntegrity,
  schema: checkSchema,
  marks: checkMarks,
  counters: checkCounters,
  senders: checkSenders,
  search: checkSearch,
};

function reporter(progress: Float64Array): ReportProgress {
  return (done, total) => progress.set([done, total]);
}

serveThread<VerifierCalls>(({ location }) => ({
  handlers: {
    check({ name, progress }): Finding {
      // A connection of its own for each: a rebuild in between must find none open.
      using db = openDatabase(location, { readOnly: true });
      try {
        return CHECK[name](db, reporter(progress));
      } catch (error) {
        return { ok: false, detail: explain(error, location) };
      }
    },
    rebuild: (progress) => rebuild(location, reporter(progress)),
  },
  close: () => undefined,
}));
