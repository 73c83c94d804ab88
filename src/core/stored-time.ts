import { parseTimestamp, type Timestamp } from "./timestamp.ts";

/**
 * Parses a time that this service or an earlier build stored. Earlier builds also stored a space instead of `T`, and times
 * without a zone, which are UTC. Undefined if it is not a time.
 */
export function parseStoredTime(stored: string): Timestamp | undefined {
  const withT = stored.replace(/^(\d{4}-\d\d-\d\d) /, "$1T");
  return parseTimestamp(withT) ?? parseTimestamp(`${withT}Z`);
}
