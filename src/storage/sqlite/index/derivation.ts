/** Something that is derived from `messages`, row after row, and lags behind them. */
export interface Derivation {
  /** How far it is behind, in steps that are worth their price: one that is at 1 or more is due. */
  steps(): number;
  /** True where any row waits. */
  isBehind(): boolean;
  /** A batch was committed: the senders of its rows, in the order of `seq`. */
  grew(senders: readonly string[]): void;
  /** Takes a step in the transaction that is open; `settle` must follow. */
  advance(): void;
  /** Ends a step, of this derivation or another: with `false` its transaction was rolled back. */
  settle(committed: boolean): void;
}
