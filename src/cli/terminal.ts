/** The parts of the process that a command uses. */
export interface Terminal {
  /** The program's version. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input; may be read once. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** Prints a line to standard output, unless its reader has closed it. */
  print(line: string): void;
  /**
   * Writes to standard output, as fast as its reader takes it. Rejects if it cannot be written: with `EPIPE` if its reader has
   * closed it.
   */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Prints a line to standard error. */
  complain(line: string): void;
  /** Writes to standard error without adding a line feed; undefined if that is not a terminal. */
  readonly screen: ((text: string) => void) | undefined;
  /** Settles after this many milliseconds. */
  wait(ms: number): Promise<void>;
  /** Calls `cleanUp` before a signal ends the process. */
  beforeKilled(cleanUp: () => void): void;
}
