import type { Clock } from "../../core/clock.ts";
import type { StoreObserver } from "../../core/store.ts";

/** What every engine is opened with. */
export interface EngineOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Called once the database may be used, before anything of it is written; if it rejects, so does the opening. */
  readonly onOwned?: (() => Promise<void>) | undefined;
  /** The database can no longer be trusted: answer what waits, then end the process. */
  readonly onFatal: (reason: string) => void;
  /** The most messages that one transaction takes; all that waits, by default. */
  readonly maxBatchMessages?: number | undefined;
  /** Messages are kept for so many days from their receipt; indefinitely if absent. */
  readonly retentionDays?: number | undefined;
}
