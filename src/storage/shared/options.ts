import type { Clock } from "../../core/clock.ts";
import type { StoreObserver } from "../../core/store.ts";

/** The options that every engine takes. */
export interface EngineOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Called once the database may be used, before anything is written to it. If it rejects, so does the opening. */
  readonly onOwned?: (() => Promise<void>) | undefined;
  /** The database can no longer be trusted: respond to waiting requests, then end the process. */
  readonly onFatal: (reason: string) => void;
  /** The maximum number of messages in one transaction; by default all that wait. */
  readonly maxBatchMessages?: number | undefined;
  /** How many days messages are kept after their receipt; indefinitely if absent. */
  readonly retentionDays?: number | undefined;
}
