import { openMessageIndex } from "../index/message-index.ts";
import { indexLocation } from "../index/schema.ts";
import { DEFAULT_BUSY_TIMEOUT_MS } from "../database.ts";
import { lowerPriority } from "./priority.ts";
import type { IndexCalls } from "./protocol.ts";
import { serveThread } from "./serve-thread.ts";

serveThread<IndexCalls>(({ location, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, inBackground }) => {
  if (inBackground) lowerPriority();
  const index = openMessageIndex({ location: indexLocation(location), database: location, busyTimeoutMs });
  return {
    handlers: {
      step: () => index.step(),
      reset: () => index.reset(),
      check: (position) => index.check(position),
      exclude: (seqs) => index.exclude(seqs),
      forget: (seqs) => index.forget(seqs),
      lowerPriority,
    },
    close: () => index.close(),
  };
});
