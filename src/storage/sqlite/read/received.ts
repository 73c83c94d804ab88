import type { StoredMessage } from "../../../core/message.ts";
import type { ReceivedPage, ReceivedQuery } from "../../../core/queries.ts";
import { MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";
import { fetchAll, matchesAmongCandidates, walkBySeq, type MatchPosition } from "./scan.ts";
import type { SearchOptions } from "./search.ts";
import type { TimeCounts } from "./time-counts.ts";

export interface ReceivedOptions extends SearchOptions {
  readonly timeCounts: Pick<TimeCounts, "countAll">;
}

/** Whether a list has filters, so that no index answers it at once. */
export function isFilteredList({ from, to, since, until, q }: ReceivedQuery): boolean {
  return [from, to, since, until, q].some((value) => value !== undefined);
}

/** Lists in commit order, or the reverse. With filters they may look at every row, in short transactions. */
export function createReceived(prepare: Prepare, options: ReceivedOptions): (query: ReceivedQuery) => ReceivedPage {
  const { snapshot, cancellation, timeCounts } = options;
  return (query) => {
    if (!isFilteredList(query)) return snapshot(() => pageOfAll(prepare, query, timeCounts.countAll()));
    const found = snapshot(() => {
      const matches = matchesAmongCandidates(prepare, query, cancellation);
      return matches === undefined ? undefined : toPage(prepare, query, matches);
    });
    return found ?? walk(prepare, query, options);
  };
}

function pageOfAll(prepare: Prepare, { order, after, offset, limit }: ReceivedQuery, total: number): ReceivedPage {
  const [further, by] = order === "received" ? [">", "ASC"] : ["<", "DESC"];
  const start = after ?? (order === "received" ? 0 : Number.MAX_SAFE_INTEGER);
  const sql = `SELECT seq, ${MESSAGE_COLUMNS} FROM messages WHERE seq ${further} ? ORDER BY seq ${by} LIMIT ? OFFSET ?`;
  const rows = prepare(sql).all(start, limit + 1, offset);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { data: page.map(toStoredMessage), total, ...(rows.length > limit && last !== undefined && { next: Number(last["seq"]) }) };
}

/** Whether a match comes after the position from which the list continues. */
function followsIn({ order, after }: ReceivedQuery): (match: MatchPosition) => boolean {
  if (after === undefined) return () => true;
  return order === "received" ? ({ seq }) => seq > after : ({ seq }) => seq < after;
}

function toPage(prepare: Prepare, query: ReceivedQuery, matches: MatchPosition[]): ReceivedPage {
  const { order, offset, limit } = query;
  const sign = order === "received" ? 1 : -1;
  const left = matches.filter(followsIn(query)).sort((a, b) => sign * (a.seq - b.seq));
  const shown = left.slice(offset, offset + limit);
  const last = shown.at(-1);
  const next = left.length > offset + limit && last !== undefined && { next: last.seq };
  return { data: fetchAll(prepare, shown), total: matches.length, ...next };
}

function walk(prepare: Prepare, query: ReceivedQuery, options: ReceivedOptions): ReceivedPage {
  const { order, offset, limit } = query;
  const follows = followsIn(query);
  const data: StoredMessage[] = [];
  let total = 0;
  let following = 0;
  let last: MatchPosition | undefined;
  walkBySeq(prepare, { ...query, order: order === "received" ? "asc" : "desc" }, {
    ...options,
    take(matches) {
      const left = matches.filter(follows);
      const shown = left.slice(Math.max(0, offset - following), Math.max(0, offset + limit - following));
      data.push(...fetchAll(prepare, shown));
      last = shown.at(-1) ?? last;
      total += matches.length;
      following += left.length;
    },
  });
  return { data, total, ...(following > offset + limit && last !== undefined && { next: last.seq }) };
}
