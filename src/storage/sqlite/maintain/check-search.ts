import type { DatabaseSync } from "node:sqlite";
import type { Finding } from "../../../core/maintenance.ts";
import { createFaultList, inIndexSnapshot, numberOf, type CheckFunction, type ReportProgress } from "./check.ts";
import { foldCase } from "../index/fold.ts";
import { INDEX_SCHEMA } from "../index/schema.ts";

/** This many rows are tokenized again at a time; their trigrams stay in memory, about 600 bytes a row. */
const CHUNK_ROWS = 20_000;
const CHUNK_MEMORY_BYTES = 64 * 1024 * 1024;
/** This many trigrams of the index are read in one read transaction. */
const TERMS_A_READ = 4_000;
/** Sums are kept for this many groups of trigrams. */
const GROUPS = 2 ** 18;

// For each trigram: how many rows have it, the sum of their numbers, and a sum of their hashes, which distinguishes sets of
// rows with the same count and sum. The modulus keeps sums over 2^29 rows within what a number holds exactly.
const SUMS = "term, count(*) AS rows, sum(doc) AS docs, sum(doc * 2654435761 % 16777213) AS mixed";
const SUMS_UP_TO_WATERMARK = `term, count(*) FILTER (WHERE doc <= :watermark) AS rows, sum(doc) FILTER (WHERE doc <= :watermark) AS docs,
  sum(doc * 2654435761 % 16777213) FILTER (WHERE doc <= :watermark) AS mixed,
  count(*) FILTER (WHERE doc > coalesce((SELECT high FROM index_state), 0)) AS beyond`;

/**
 * Compares the search index with the texts that it covers. The rows are tokenized again, chunk by chunk, by an empty copy of
 * the index in memory, and both are summed by trigram: an entry that is missing or extra makes a difference. FTS5's own
 * `integrity-check` does not compare texts if the index stores none
 * (https://www.sqlite.org/fts5.html#the_integrity_check_command).
 *
 * Each chunk has its own read transaction, so a running service can still empty its WAL. Rows that it adds meanwhile are past
 * the watermark that was read at the start. If it removes messages meanwhile, everything is compared once more in one
 * transaction, which no removal can disturb.
 */
export const checkSearch: CheckFunction = (db, report) => {
  const removals = numberOf(db, REMOVALS);
  const finding = compareAll(db, report, inIndexSnapshot);
  // Messages that a service removes meanwhile are missing from one of the two sums.
  if (finding.ok || numberOf(db, REMOVALS) === removals) return finding;
  return inIndexSnapshot(db, (high) => compareAll(db, report, (_db, read) => read(high)));
};

const REMOVALS = "SELECT removals AS value FROM index_state";

function compareAll(db: DatabaseSync, report: ReportProgress, snapshot: typeof inIndexSnapshot): Finding {
  db.function("fold_case", { deterministic: true }, (text) => foldCase(String(text)));
  const watermark = snapshot(db, (high) => high);
  const sums = createSums();
  let rows = 0;
  for (let low = 0; low < watermark; low += CHUNK_ROWS) {
    rows += snapshot(db, () => addChunk(db, sums, { low, high: Math.min(watermark, low + CHUNK_ROWS) }));
    report(Math.min(watermark, low + CHUNK_ROWS), watermark * 1.2);
  }
  const { entries, beyond } = subtractIndex(db, sums, watermark);
  const { missing, surplus, rowNumbers } = sums.difference();
  const faults = createFaultList();
  const where = rowNumbers.length > 0 ? ` (seq ${rowNumbers.join(", ")})` : "";
  if (missing > 0) faults.add(`${missing} entries are missing${where}`);
  if (surplus > 0) faults.add(`${surplus} entries point to texts that do not exist${where}`);
  if (beyond > 0) faults.add(`${beyond} entries are past the watermark`);
  return faults.finding(`${rows} texts, ${entries} entries`);
}

interface TermSums {
  readonly term: string;
  readonly rows: number;
  readonly docs: number;
  readonly mixed: number;
}

interface Sums {
  /** `sign` is 1 for entries that must exist, -1 for entries that do. */
  add(sums: TermSums, sign: 1 | -1): void;
  difference(): { readonly missing: number; readonly surplus: number; readonly rowNumbers: readonly number[] };
}

/** Trigrams that share a group are summed together: memory does not grow with what senders write. */
function createSums(): Sums {
  const rows = new Float64Array(GROUPS);
  const docs = new Float64Array(GROUPS);
  const mixed = new Float64Array(GROUPS);
  return {
    add(of, sign) {
      const group = groupOf(of.term);
      rows[group] = (rows[group] ?? 0) + sign * of.rows;
      docs[group] = (docs[group] ?? 0) + sign * of.docs;
      mixed[group] = (mixed[group] ?? 0) + sign * of.mixed;
    },
    difference() {
      let missing = 0;
      let surplus = 0;
      const rowNumbers = new Set<number>();
      for (let group = 0; group < GROUPS; group += 1) {
        const count = rows[group] ?? 0;
        const sum = docs[group] ?? 0;
        if (count === 0 && sum === 0 && mixed[group] === 0) continue;
        // If a single entry makes the difference, the sum is the number of its row.
        if (Math.abs(count) === 1 && rowNumbers.size < 3) rowNumbers.add(Math.abs(sum));
        missing += Math.max(count, 0);
        surplus += Math.max(-count, 0);
        if (count === 0) {
          missing += 1;
          surplus += 1;
        }
      }
      return { missing, surplus, rowNumbers: [...rowNumbers] };
    },
  };
}

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function groupOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at += 1) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % GROUPS;
}

/** Returns how many texts the chunk has. */
function addChunk(db: DatabaseSync, sums: Sums, range: { readonly low: number; readonly high: number }): number {
  // A read-only connection may write temporary tables. The options are those of messages_search.
  db.exec(`
    CREATE VIRTUAL TABLE temp.chunk USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
    INSERT INTO temp.chunk (chunk, rank) VALUES ('hashsize', ${CHUNK_MEMORY_BYTES});
    CREATE VIRTUAL TABLE temp.chunk_entries USING fts5vocab (temp, chunk, instance)`);
  const texts = db.prepare(`
    INSERT INTO temp.chunk (rowid, text)
    SELECT seq, fold_case(text) FROM messages NOT INDEXED WHERE seq > ? AND seq <= ? AND text IS NOT NULL
    AND seq NOT IN (SELECT seq FROM excluded_messages)`).run(range.low, range.high).changes;
  for (const row of db.prepare(`SELECT ${SUMS} FROM temp.chunk_entries GROUP BY term`).iterate()) sums.add(toTermSums(row), 1);
  db.exec("DROP TABLE temp.chunk_entries; DROP TABLE temp.chunk");
  return Number(texts);
}

function subtractIndex(db: DatabaseSync, sums: Sums, watermark: number): { readonly entries: number; readonly beyond: number } {
  db.exec(`CREATE VIRTUAL TABLE temp.index_entries USING fts5vocab (${INDEX_SCHEMA}, messages_search, instance)`);
  const read = db.prepare(`SELECT ${SUMS_UP_TO_WATERMARK} FROM temp.index_entries WHERE term > :last GROUP BY term LIMIT ${TERMS_A_READ}`);
  let entries = 0;
  let beyond = 0;
  for (let last = ""; ; ) {
    const page = read.all({ last, watermark });
    for (const row of page) {
      const of = toTermSums(row);
      sums.add(of, -1);
      entries += of.rows;
      beyond += Number(row["beyond"]);
    }
    const next = String(page.at(-1)?.["term"]);
    // In a damaged index, a term that is not UTF-8 would come again indefinitely.
    if (page.length < TERMS_A_READ || next === last) break;
    last = next;
  }
  db.exec("DROP TABLE temp.index_entries");
  return { entries, beyond };
}

function toTermSums(row: Record<string, unknown>): TermSums {
  return { term: String(row["term"]), rows: Number(row["rows"]), docs: Number(row["docs"]), mixed: Number(row["mixed"]) };
}
