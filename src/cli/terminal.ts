/** What a command has of the process that it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line on standard output. */
  print(line: string): void;
  /** A line on standard error. */
  complain(line: string): void;
  /** Standard error as it is, where a person looks at it; undefined in a pipe. */
  readonly screen: ((text: string) => void) | undefined;
  /** Calls it before a signal ends the process. */
  beforeKilled(cleanUp: () => void): void;
}
