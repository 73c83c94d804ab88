/** The time of day, injected so that tests can control it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}
