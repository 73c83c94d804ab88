import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Where a check of the index file continues. */
export interface CheckPosition {
  /** Which of the large tables, in their order. */
  readonly walk: number;
  /** The key of the last row that was read; undefined at the start of a table. */
  readonly after: readonly SQLInputValue[] | undefined;
}

/** Reads every page of the index file, in small portions: SQLite cannot be interrupted, and a stop must not wait for a whole check. */
export interface PageCheck {
  /** Reads the next portion; gives where to continue, undefined at the end. Throws if a page is damaged. */
  checkNext(position: CheckPosition | undefined): CheckPosition | undefined;
}

/** A table that may have many rows; `content` is an expression that needs the whole row. */
interface Walk {
  readonly table: string;
  readonly key: readonly string[];
  readonly content: string;
  readonly rows: number;
}

const WALKS: readonly Walk[] = [
  { table: "sender_messages", key: ["from_msisdn", "key", "message_id"], content: "seq", rows: 1_000 },
  { table: "time_counts", key: ["scope", "level", "prefix"], content: "count", rows: 1_000 },
  { table: "messages_search_data", key: ["id"], content: "substr(block, -1)", rows: 1_000 },
  // Each term is read with the list of its messages (https://www.sqlite.org/fts5.html#the_fts5vocab_virtual_table_module).
  { table: "search_terms", key: ["term"], content: "doc", rows: 20 },
];
const SEARCH_TERMS = "CREATE VIRTUAL TABLE temp.search_terms USING fts5vocab(main, messages_search, row)";
const SMALL_TABLES: readonly string[] = [
  "index_state", "excluded_messages", "sender_counts", "messages_search_idx", "messages_search_config",
];

/** Checks the index file that is open on `db`. */
export function createPageCheck(db: DatabaseSync): PageCheck {
  db.exec(SEARCH_TERMS);
  const prepared = new Map<string, StatementSync>();

  function read(sql: string, values: readonly SQLInputValue[]): Readonly<Record<string, SQLInputValue>> {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement);
    return statement.get(...values) ?? {};
  }

  function checkSmallTables(): void {
    for (const table of SMALL_TABLES) {
      const complaint = read(`PRAGMA main.integrity_check(${table})`, [])["integrity_check"];
      if (complaint !== "ok") throw new Error(String(complaint));
    }
  }

  /** Gives the key of the last row of the portion, undefined at the end of the table. */
  function readPortion({ table, key, content, rows }: Walk, after: CheckPosition["after"]): CheckPosition["after"] {
    const columns = key.join(", ");
    const where = after === undefined ? "" : `WHERE (${columns}) > (${key.map(() => "?").join(", ")})`;
    // With a single max(), SQLite gives the other columns of that row (https://www.sqlite.org/lang_select.html#bareagg).
    const last = read(`SELECT ${columns}, max(number) AS read, count(content) FROM (
      SELECT *, row_number() OVER () AS number FROM (
        SELECT ${columns}, ${content} AS content FROM ${table} ${where} ORDER BY ${columns} LIMIT ${rows}))`, after ?? []);
    return last["read"] === rows ? key.map((column) => last[column] ?? null) : undefined;
  }

  return {
    checkNext(position) {
      const { walk, after } = position ?? { walk: 0, after: undefined };
      const current = WALKS[walk];
      if (position === undefined) checkSmallTables();
      if (current === undefined) return undefined;
      const last = readPortion(current, after);
      if (last !== undefined) return { walk, after: last };
      return walk + 1 < WALKS.length ? { walk: walk + 1, after: undefined } : undefined;
    },
  };
}
