/** What a check found: `detail` says in words what was compared, or what is wrong. */
export interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

/** One thing to look at in a database. */
export interface Check {
  readonly title: string;
  /** If it fails, the checks after it make no sense. */
  readonly isBasic: boolean;
  /** Changes nothing. Rejects if the database cannot be read. */
  look(): Promise<Finding>;
}

/** What an operator does with a database, beside services or while none has it open. */
export interface DatabaseMaintenance {
  /** In the order in which they are made. */
  readonly checks: readonly Check[];
  /** What else checks it, for the operator; absent if nothing is left to be checked. */
  readonly furtherCheck?: string;
  /** What to do about checks of these titles that have failed, for the operator. */
  remedy(failed: readonly string[]): string;
  /** Makes all that is derived from the messages again; absent if the engine cannot. Rejects with a reason for the operator. */
  rebuild?(): Promise<void>;
  /** The share of the work under way that is done, from 0 to 1; undefined if it is not known. */
  progress(): number | undefined;
  close(): Promise<void>;
}
