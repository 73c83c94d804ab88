/** What a check found: `detail` says what was compared, or what is wrong. */
export interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

/** One check of a database. */
export interface Check {
  readonly title: string;
  /** Whether the checks after it are pointless if it fails. */
  readonly isBasic: boolean;
  /** Changes nothing. Rejects if the database cannot be read. */
  look(): Promise<Finding>;
}

/** What an operator can do with a database, while services use it or while it is closed. */
export interface DatabaseMaintenance {
  /** In the order in which they run. */
  readonly checks: readonly Check[];
  /** How the operator can check the database further; absent if nothing is left to check. */
  readonly furtherCheck?: string;
  /** What the operator should do when the checks with these titles have failed. */
  remedy(failed: readonly string[]): string;
  /** Rebuilds all that is derived from the messages; absent if the engine cannot. Rejects with a reason for the operator. */
  rebuild?(): Promise<void>;
  /** How much of the work in progress is done, from 0 to 1; undefined if unknown. */
  progress(): number | undefined;
  close(): Promise<void>;
}
