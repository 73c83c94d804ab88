/** What a command has of the process that it runs in. */
export interface Terminal {
  /** Of the program. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input, once. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** A line on standard output, for those who still read it. */
  print(line: string): void;
  /** To standard output, at its reader's pace. Rejects where it cannot be written: `EPIPE` where nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** A line on standard error. */
  complain(line: string): void;
  /** Standard error as it is, where a person looks at it; undefined in a pipe. */
  readonly screen: ((text: string) => void) | undefined;
  /** Settles after so many milliseconds. */
  wait(ms: number): Promise<void>;
  /** Calls it before a signal ends the process. */
  beforeKilled(cleanUp: () => void): void;
}
