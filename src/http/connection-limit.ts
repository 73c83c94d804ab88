/** The maximum number of connections on any system: each takes about 10 KB of memory. */
const MAX_CONNECTIONS = 16_384;
/** Descriptors that are not connections: the database and its WAL four times, the log, event loops, a scrape's files. */
const RESERVED_DESCRIPTORS = 96;

/**
 * How many connections may be open if the process may open `maxDescriptors` files (undefined if unknown). Without this limit,
 * the system would refuse connections when no descriptor is left for anything else.
 */
export function connectionLimit(maxDescriptors: number | undefined): number {
  if (maxDescriptors === undefined) return MAX_CONNECTIONS;
  const left = Math.max(maxDescriptors - RESERVED_DESCRIPTORS, Math.floor(maxDescriptors / 4), 1);
  return Math.min(left, MAX_CONNECTIONS);
}
