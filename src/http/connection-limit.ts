/** Beyond it each further connection would only cost memory, about 10 KB of it. */
const MAX_CONNECTIONS = 16_384;
/** What the service opens besides connections: the database and its WAL four times over, the log, event loops, a scrape's files. */
const RESERVED_DESCRIPTORS = 96;

/**
 * How many connections may be open at once where the process may have `maxDescriptors` files open (undefined: nobody
 * tells). Without a limit of our own the system would refuse connections when no descriptor is left for anything else.
 */
export function connectionLimit(maxDescriptors: number | undefined): number {
  if (maxDescriptors === undefined) return MAX_CONNECTIONS;
  const left = Math.max(maxDescriptors - RESERVED_DESCRIPTORS, Math.floor(maxDescriptors / 4), 1);
  return Math.min(left, MAX_CONNECTIONS);
}
