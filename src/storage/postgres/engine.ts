import type { Message } from "../../core/message.ts";
import { StoreUnavailable, type InsertOutcome } from "../../core/store.ts";
import { createPool } from "../../postgres/pool.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import { deriveCounts } from "./counts.ts";
import { readDurability } from "./durability.ts";
import { createFold } from "./fold.ts";
import { createQueries, type Queries } from "./queries.ts";
import { removeBefore, REMOVED_AT_ONCE } from "./removal.ts";
import { numberAt } from "./rows.ts";
import { migrate, SCHEMA_VERSION } from "./schema.ts";
import { createWriter } from "./writer.ts";

/** Another receiver may be building an index. */
const MIGRATION_DEADLINE_MS = 600_000;
const WORK_DEADLINE_MS = 30_000;
/** The longest failover seen took 24 s; a whole request has 30 s. */
const BUDGET_MS = 25_000;

export interface EngineOptions {
  /** Told each refusal of a message by itself. */
  readonly refused: (reason: string) => void;
  /** Told at the start what the operator should know of the server's settings. */
  readonly remark: (text: string) => void;
  /** Takes a server that may lose what it has confirmed: for tests, which are quicker without fsync. */
  readonly mayLose?: boolean | undefined;
  /** How long a batch is sent again until its outcome is known, in milliseconds; 25,000 by default. */
  readonly budgetMs?: number | undefined;
}

/** A store of messages in PostgreSQL, without what every engine shares: no batch is gathered, nothing is repeated by a clock. */
export interface Engine extends Queries {
  /** One transaction; see `Writer.write`. */
  write(messages: readonly Message[], createdAt: string): Promise<readonly InsertOutcome[]>;
  /** Removes some of the messages received before this `created_at`; `more` if others may be old enough. */
  remove(before: string): Promise<{ readonly messages: number; readonly more: boolean }>;
  /** Counts some of the rows that are not counted yet; gives whether more wait. */
  derive(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Opens the database and brings it to this build's schema.
 *
 * Rejects with StoreUnavailable if it cannot be reached, is of a newer build, or its settings let it lose what it has confirmed.
 */
export async function openEngine(url: ConnectionUrl, options: EngineOptions): Promise<Engine> {
  const { refused, remark, mayLose = false, budgetMs = BUDGET_MS } = options;
  const fold = createFold();
  const primary: ConnectionUrl = { ...url, sessionKind: "read-write" };
  const upkeep = createPool(primary, { size: 1, maxWaiting: 16, waitMs: WORK_DEADLINE_MS });
  const lookups = createPool(primary, { size: 4, maxWaiting: 128, waitMs: WORK_DEADLINE_MS });
  const searches = createPool(primary, { size: 2, maxWaiting: 128, waitMs: WORK_DEADLINE_MS });
  const writer = createWriter(primary, { fold, budgetMs, refused });

  async function close(): Promise<void> {
    await Promise.all([upkeep.close(), lookups.close(), searches.close()]);
    await writer.close();
  }

  try {
    const found = await upkeep.use((connection) => migrate(connection, MIGRATION_DEADLINE_MS));
    if (found > SCHEMA_VERSION) throw new Error(`a newer build made it: its version must be ${SCHEMA_VERSION} or less, not ${found}`);
    const { refusals, remarks } = await upkeep.use((connection) => readDurability(connection, WORK_DEADLINE_MS));
    if (refusals.length > 0 && !mayLose) throw new Error(refusals.join("; "));
    for (const text of remarks) remark(text);
  } catch (error) {
    await close();
    throw new StoreUnavailable(`Cannot open the database: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return {
    ...createQueries({ lookups, searches }, fold),
    write: writer.write,
    async remove(before) {
      const { results } = await writer.run(removeBefore(before), WORK_DEADLINE_MS);
      const messages = numberAt(results.at(-1)?.rows[0], 0);
      return { messages, more: messages === REMOVED_AT_ONCE };
    },
    derive: () => upkeep.use((connection) => deriveCounts(connection, WORK_DEADLINE_MS)),
    close,
  };
}
