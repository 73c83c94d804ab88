import { parseTimestamp, type Timestamp } from "./timestamp.ts";

/**
 * The instant of a time that this service or an earlier build has stored: those took a space for the `T`, and a time without zone,
 * meaning UTC. Undefined for what is no time at all.
 */
export function parseStoredTime(stored: string): Timestamp | undefined {
  const withT = stored.replace(/^(\d{4}-\d\d-\d\d) /, "$1T");
  return parseTimestamp(withT) ?? parseTimestamp(`${withT}Z`);
}
