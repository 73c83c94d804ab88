import { ReadCancelled, StoreUnavailable } from "../../core/store.ts";
import type { Row } from "../../postgres/backend.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { Statement } from "../../postgres/frontend.ts";
import type { Pool } from "../../postgres/pool.ts";
import { isLostRead } from "./failures.ts";

/** Runs statements, one round trip per call, and gives the rows of each. */
export type Read = (statements: readonly Statement[]) => Promise<Rows>;
type Rows = readonly (readonly Row[])[];

/** The server cancels a statement that takes longer. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** If the server has not finished by then, the connection is closed. */
const DEADLINE_MS = 15_000;

/**
 * For this transaction only. Without JIT: the planner estimates the few uncounted rows as a third of all, and compiling would take
 * longer than reading. A server on Linux checks twice a second whether the client still waits.
 */
const BOUNDS: readonly Statement[] = [
  { sql: `SELECT set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', true), set_config('jit', 'off', true)` },
  { sql: "SELECT set_config('client_connection_check_interval', '500', true) WHERE version() LIKE '%linux%'" },
];
const SNAPSHOT: readonly Statement[] = [{ sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }, ...BOUNDS];

export interface WorkOptions {
  /** Whether all statements see the same moment; otherwise each sees its own. */
  readonly snapshot?: boolean;
  /** The read ends once this is aborted. */
  readonly signal: AbortSignal;
}

/**
 * Reads over a connection of the pool. If the connection is lost, the read is tried once more: by then there may be a new
 * primary.
 *
 * Rejects with ReadCancelled if the signal was aborted, otherwise with StoreUnavailable if the database cannot be read.
 */
export async function readWith<T>(pool: Pool, work: (read: Read) => Promise<T>, { snapshot = false, signal }: WorkOptions): Promise<T> {
  const once = (): Promise<T> => pool.use((connection) => (snapshot ? inSnapshot(connection, work) : work(over(connection))), { signal });
  try {
    return await once().catch((error: unknown) => (isLostRead(error) && !signal.aborted ? once() : Promise.reject(error)));
  } catch (error) {
    if (signal.aborted) throw new ReadCancelled("the read was cancelled");
    throw new StoreUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function over(connection: Connection): Read {
  return (statements) => run(connection, BOUNDS, statements);
}

async function inSnapshot<T>(connection: Connection, work: (read: Read) => Promise<T>): Promise<T> {
  let isBegun = false;
  const value = await work((statements) => {
    const start = isBegun ? [] : SNAPSHOT;
    isBegun = true;
    return run(connection, start, statements);
  });
  await run(connection, [], [{ sql: "COMMIT" }]);
  return value;
}

async function run(connection: Connection, start: readonly Statement[], statements: readonly Statement[]): Promise<Rows> {
  const { results } = await connection.run([...start, ...statements], { deadlineMs: DEADLINE_MS });
  return results.slice(start.length).map(({ rows }) => rows);
}
