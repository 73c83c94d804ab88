/** The states of a connection, in the order in which connections are closed to make room. */
export type Use = "silent" | "stalled" | "idle" | "served";

/**
 * Picks up to `count` connections to close for new ones, each kind in the order in which they were opened: first `silent` ones,
 * which never completed a request's head, so that a flood of silent connections closes only silent ones; then `stalled` ones, with
 * an unfinished body or an unread response; then `idle` ones. A connection that is being `served` is never picked.
 */
export function pickForRoom<Connection>(
  open: Iterable<Connection>,
  use: (connection: Connection) => Use,
  count: number,
): readonly Connection[] {
  const picked: Record<Exclude<Use, "served">, Connection[]> = { silent: [], stalled: [], idle: [] };
  for (const connection of open) {
    const kind = use(connection);
    if (kind === "served" || picked[kind].length === count) continue;
    picked[kind].push(connection);
    if (picked.silent.length === count) break;
  }
  return [...picked.silent, ...picked.stalled, ...picked.idle].slice(0, count);
}
