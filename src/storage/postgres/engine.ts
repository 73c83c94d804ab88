import type { Message } from "../../core/message.ts";
import { StoreUnavailable, type Erasure, type InsertOutcome } from "../../core/store.ts";
import { UnusableSetting } from "../../core/unusable-setting.ts";
import type { Statement } from "../../postgres/frontend.ts";
import type { Row } from "../../postgres/backend.ts";
import { createPool, type Pool } from "../../postgres/pool.ts";
import { createPrimaries } from "../../postgres/primaries.ts";
import { describeConnection, type ConnectionUrl } from "../../postgres/url.ts";
import type { Deliveries } from "../shared/group-commit.ts";
import { isReceivedBefore, type Removed, type RetentionEngine } from "../shared/retention.ts";
import { change } from "./change.ts";
import { MAX_WAITING_READS } from "../shared/limits.ts";
import { deriveCounts } from "./counts.ts";
import { readDurability } from "./durability.ts";
import { createFold } from "./fold.ts";
import { createSeen, type Seen } from "./loss.ts";
import { CLEAN_PENDING_LIST } from "./pending-list.ts";
import { createQueries, type Queries } from "./queries.ts";
import { createReadiness } from "./readiness.ts";
import { erase, readReceived, readReceivedBack, removeRows, REMOVED_AT_ONCE } from "./removal.ts";
import { numberAt, textAt } from "./rows.ts";
import { migrate, SCHEMA_VERSION } from "./schema.ts";
import { createWriter } from "./writer.ts";

/** Another receiver may be building an index. */
const MIGRATION_DEADLINE_MS = 600_000;
const WORK_DEADLINE_MS = 30_000;
/** The longest failover seen took 24 s; a whole request has 30 s. */
const BUDGET_MS = 25_000;

export interface ServerOptions {
  /** Called with each failure other than that of a whole commit, e.g. one message that is refused. */
  readonly fault: (reason: string) => void;
  /** Called at the start with what the operator should know about the server's settings. */
  readonly remark: (text: string) => void;
  /** Accepts a server that may lose what it has confirmed: for tests, which are faster without fsync. */
  readonly mayLose?: boolean | undefined;
  /** How long a batch is resent until its outcome is known, in milliseconds; 25,000 by default. */
  readonly budgetMs?: number | undefined;
}

/** A store of messages in PostgreSQL without what every engine shares: it gathers no batches and runs nothing on a timer. */
export interface Engine extends Queries, RetentionEngine {
  /** PostgreSQL's version, as the server reports it. */
  readonly version: string;
  /** Whether this start created its tables. */
  readonly isNew: boolean;
  /** One transaction; see `Writer.write`. */
  write(messages: readonly Message[], createdAt: string, deliveries?: Deliveries): Promise<readonly InsertOutcome[]>;
  /** Removes some of these messages; `more` if others may be left. */
  erase(which: Erasure): Promise<Removed>;
  /** The same reads for the work after each commit: they do not queue behind the reads of clients. */
  readonly own: Pick<Queries, "count" | "lastSequence">;
  /** Counts some of the rows that are not counted yet; returns whether more wait. */
  derive(): Promise<boolean>;
  /** See `CLEAN_PENDING_LIST`. */
  clean(): Promise<void>;
  /** See `createReadiness`. */
  check(): Promise<readonly string[]>;
  databaseBytes(): Promise<number>;
  /** Ends all work in progress except for batches: see `Writer.beginStop`. */
  beginStop(graceMs: number): void;
  /** No batch may be in progress. */
  close(): Promise<void>;
}

/**
 * Opens the database and upgrades it to this build's schema.
 *
 * Rejects with UnusableSetting if the server's settings let it lose what it has confirmed, and with StoreUnavailable if it cannot
 * be reached or a newer build has changed what this one uses.
 */
export async function openEngine(url: ConnectionUrl, options: ServerOptions): Promise<Engine> {
  const { fault, remark, mayLose = false, budgetMs = BUDGET_MS } = options;
  const fold = createFold();
  const primary: ConnectionUrl = { ...url, sessionKind: "read-write" };
  const primaries = createPrimaries();
  const stopping = new AbortController();
  const shared = { primaries, signal: stopping.signal };
  const upkeep = createPool(primary, { ...shared, size: 4, maxWaiting: 16, waitMs: WORK_DEADLINE_MS });
  const lookups = createPool(primary, { ...shared, size: 4, maxWaiting: MAX_WAITING_READS, waitMs: WORK_DEADLINE_MS });
  const searches = createPool(primary, { ...shared, size: 2, maxWaiting: MAX_WAITING_READS, waitMs: WORK_DEADLINE_MS });
  const probes = createPool(primary, { ...shared, size: 1, maxWaiting: 0, waitMs: 0 });
  const seen = createSeen(fault);
  const writer = createWriter(primary, { fold, primaries, seen, budgetMs, refused: fault });

  function beginStop(graceMs: number): void {
    stopping.abort();
    writer.beginStop(graceMs);
  }

  async function close(): Promise<void> {
    beginStop(0);
    await Promise.all([...[upkeep, lookups, searches, probes].map((pool) => pool.close()), writer.close()]);
  }

  async function prepare(): Promise<Pick<Engine, "version" | "isNew">> {
    const found = await upkeep.use((connection) => migrate(connection, MIGRATION_DEADLINE_MS));
    if (found > SCHEMA_VERSION) {
      remark(`a newer build has upgraded the tables to version ${found}: replace this build, which has version ${SCHEMA_VERSION}, soon`);
    }
    const { refusals, remarks } = await upkeep.use((connection) => readDurability(connection, WORK_DEADLINE_MS));
    if (refusals.length > 0 && !mayLose) throw new UnusableSetting("DATABASE_URL", `on ${describeConnection(url)}, ${refusals.join("; ")}`);
    for (const text of remarks) remark(text);
    const version = await upkeep.use(async (connection) => connection.parameters.get("server_version") ?? "unknown");
    return { version, isNew: found === 0 };
  }

  const prepared = await prepare().catch(async (error: unknown) => {
    await close();
    const reason = `Cannot open ${describeConnection(url)}: ${error instanceof Error ? error.message : String(error)}`;
    throw error instanceof UnusableSetting ? error : new StoreUnavailable(reason, { cause: error });
  });

  const removal = createRemoval(upkeep);

  const queries = createQueries({ lookups, searches, stopping: stopping.signal }, fold);
  const own = createQueries({ lookups: upkeep, searches: upkeep, stopping: stopping.signal }, fold);

  return {
    ...queries,
    ...noteSeen(queries, own, { seen, upkeep }),
    ...prepared,
    write: writer.write,
    ...removal,
    derive: () => upkeep.use((connection) => deriveCounts(connection, WORK_DEADLINE_MS)),
    async clean() {
      await upkeep.run([CLEAN_PENDING_LIST], { deadlineMs: WORK_DEADLINE_MS });
    },
    check: createReadiness(probes),
    async databaseBytes() {
      const { results } = await lookups.run([{ sql: "SELECT pg_database_size(current_database())" }], { deadlineMs: WORK_DEADLINE_MS });
      return numberAt(results[0]?.rows[0], 0);
    },
    beginStop,
    close,
  };
}

interface Noting {
  readonly seen: Seen;
  readonly upkeep: Pool;
}

/** The reads that return a `seq`. The highest is remembered, to notice if its message is missing later. */
function noteSeen(queries: Queries, own: Queries, { seen, upkeep }: Noting): Pick<Engine, "since" | "own"> {
  return {
    async since(...query) {
      const page = await queries.since(...query);
      seen.saw(page.data.at(-1)?.seq ?? 0);
      return page;
    },
    own: {
      count: own.count,
      async lastSequence() {
        const before = seen.newest();
        const last = await own.lastSequence();
        if (last < before) seen.done(await change(upkeep, seen.statements(), WORK_DEADLINE_MS));
        seen.saw(last);
        return last;
      },
    },
  };
}

/** Removes messages, each time in one transaction. */
function createRemoval(upkeep: Pool): RetentionEngine & Pick<Engine, "erase"> {
  async function remove(statements: readonly Statement[]): Promise<Removed> {
    const { results } = await change(upkeep, statements, WORK_DEADLINE_MS);
    const messages = numberAt(results.at(-1)?.rows[0], 0);
    return { messages, more: messages === REMOVED_AT_ONCE };
  }

  async function readRows(statement: Statement): Promise<readonly Row[]> {
    const { results } = await upkeep.run([statement], { deadlineMs: WORK_DEADLINE_MS });
    return results[0]?.rows ?? [];
  }

  return {
    async removeOld({ beforeMs, after }) {
      const rows = await readRows(readReceived(after));
      const next = rows.length < REMOVED_AT_ONCE ? undefined : numberAt(rows.at(-1), 0);
      const seqs = rows.filter((row) => isReceivedBefore(textAt(row, 1), beforeMs)).map((row) => numberAt(row, 0));
      return { messages: seqs.length === 0 ? 0 : (await remove(removeRows(seqs))).messages, next };
    },
    async lookBack({ beforeMs, before }) {
      const rows = await readRows(readReceivedBack(before));
      const found = rows.find((row) => isReceivedBefore(textAt(row, 1), beforeMs));
      return { receivedAt: found && textAt(found, 1), next: rows.length < REMOVED_AT_ONCE ? undefined : numberAt(rows.at(-1), 0) };
    },
    erase: (which) => remove(erase(which)),
  };
}
