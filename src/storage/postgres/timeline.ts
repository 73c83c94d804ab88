import type { Timeline, TimelineQuery } from "../../core/queries.ts";
import type { Row } from "../../postgres/backend.ts";
import { createTally, gridOf, partWithin, rangeOf, toTimeline, type Counted, type Grid, type KeyRange } from "../shared/buckets.ts";
import { conditionsOf, contains, where } from "./conditions.ts";
import { countFrom, UNCOUNTED } from "./counts.ts";
import type { Fold } from "./fold.ts";
import type { Read } from "./read.ts";
import { createParameters, numberAt, textAt, type Parameters } from "./rows.ts";

/** SQL of rows with a `ts`: the hour or day, how many rows it has, and how many of these come after the cut. */
function countRows({ length, cut }: Grid, parameters: Parameters): string {
  return `left(ts, ${length}), count(*), count(*) FILTER (WHERE substr(ts, ${length + 1}) >= ${parameters.add(cut)}::text)`;
}

/** Rows with an hour or day, its count, and its count after the cut. */
function tallyOf(rows: readonly Row[], query: TimelineQuery): readonly Counted[] {
  const tally = createTally(query);
  for (const row of rows) tally.add(textAt(row, 0), { count: numberAt(row, 1), after: numberAt(row, 2) });
  return tally.counted();
}

/** A timeline of the messages that the filters admit, counted one by one. */
export async function readMatchingTimeline(read: Read, query: TimelineQuery, fold: Fold): Promise<Timeline> {
  const { limit, q } = query;
  const grid = gridOf(query);
  const parameters = createParameters();
  const conditions = [...conditionsOf(query, parameters), ...(q === undefined ? [] : [contains(q, fold, parameters)])];
  const [rows = []] = await read([{
    sql: `SELECT ${countRows(grid, parameters)} FROM messages ${where(conditions)}
      GROUP BY 1 ORDER BY 1 DESC LIMIT ${(limit + 1) * grid.parts}`,
    values: parameters.values,
  }]);
  return toTimeline(tallyOf(rows, query), limit);
}

/** SQL: how many of the rows counted in `c` come after the cut. */
function countAfterCut({ cut }: Grid, { add }: Parameters): string {
  if (cut === "") return "c.count";
  const hour = `c.prefix || ${add(cut.slice(0, -3))}::text`;
  const counted = (level: number, low: string, high: string): string =>
    `(SELECT coalesce(sum(count), 0) FROM time_counts AS l WHERE l.level = ${level} AND l.prefix ${low} AND l.prefix < ${high})`;
  return `${counted(13, `> ${hour}`, "c.prefix || '~'")} + ${counted(16, `>= c.prefix || ${add(cut)}::text`, `${hour} || '~'`)}`;
}

/** A timeline from the derived counts and the uncounted rows; the messages of one sender are counted one by one. */
export async function readTimeline(read: Read, query: TimelineQuery, fold: Fold): Promise<Timeline> {
  if (query.from !== undefined) return readMatchingTimeline(read, query, fold);
  const { limit } = query;
  const range = rangeOf(query);
  if (range.low >= range.high) return { data: [], truncated: false };
  const grid = gridOf(query);
  const { length, parts } = grid;
  const parameters = createParameters();
  const [first, lowest, highest] = [range.low.slice(0, length), range.low, range.high].map((value) => parameters.add(value));
  // One bucket more than the limit shows whether any is left out. Two more, because the first and the last may turn out to be empty.
  const most = (limit + 3) * parts;
  const [rows = []] = await read([{
    sql: `WITH ${UNCOUNTED}, counted AS (
        SELECT prefix, count, ${countAfterCut(grid, parameters)} AS after FROM time_counts AS c
        WHERE level = ${length} AND prefix >= ${first} AND prefix < ${highest} ORDER BY prefix DESC LIMIT ${most}),
      b AS (
        SELECT * FROM counted
        UNION ALL SELECT ${countRows(grid, parameters)} FROM uncounted WHERE ts >= ${lowest} AND ts < ${highest} GROUP BY 1)
      SELECT prefix, sum(count), sum(after) FROM b GROUP BY 1 ORDER BY 1 DESC LIMIT ${most}`,
    values: parameters.values,
  }]);
  const buckets: Counted[] = [];
  for (const one of tallyOf(rows, query).slice(-limit - 3)) {
    // Only the first and the last bucket may extend beyond the query's range.
    const part = partWithin(one, range);
    buckets.push(part === undefined ? one : { ...one, count: await countBetween(read, part) });
  }
  return toTimeline(buckets, limit);
}

async function countBetween(read: Read, { low, high }: KeyRange): Promise<number> {
  const parameters = createParameters();
  const sql = `WITH ${UNCOUNTED} SELECT ${countFrom(low, parameters)} - ${countFrom(high, parameters)}`;
  const [rows] = await read([{ sql, values: parameters.values }]);
  return numberAt(rows?.[0], 0);
}
