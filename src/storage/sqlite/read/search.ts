import type { StoredMessage } from "../../../core/message.ts";
import { comparePositions } from "../../../core/order.ts";
import type { MessagePage, MessageQuery } from "../../../core/queries.ts";
import type { Cancellation } from "../cancellation.ts";
import { nextOf } from "./pages.ts";
import type { Prepare } from "./rows.ts";
import { fetchAll, matchesAmongCandidates, walkByTime, type MatchPosition, type Snapshot, type WalkOptions } from "./scan.ts";

export interface SearchOptions extends Pick<WalkOptions, "giveWay"> {
  readonly snapshot: Snapshot;
  readonly cancellation: Cancellation;
}

/**
 * Lists that no index answers at once, mostly those with substrings, with an exact `total`. The trigram index narrows the rows
 * down if `q` is long enough for it, otherwise the sender does. If neither can, all rows are searched in short transactions, up to
 * the row that was newest at the start. Throws `Cancelled` soon after the search is cancelled.
 */
export function createSearch(prepare: Prepare, options: SearchOptions): (query: MessageQuery) => MessagePage {
  const { snapshot, cancellation } = options;
  return (query) => {
    const found = snapshot(() => {
      const matches = matchesAmongCandidates(prepare, query, cancellation);
      return matches === undefined ? undefined : toPage(prepare, query, matches);
    });
    return found ?? walk(prepare, query, options);
  };
}

function toPage(prepare: Prepare, { after, order, offset, limit }: MessageQuery, matches: MatchPosition[]): MessagePage {
  const sign = order === "desc" ? -1 : 1;
  matches.sort((a, b) => sign * comparePositions(a, b));
  const following = after === undefined ? matches : matches.filter((one) => sign * comparePositions(one, after) > 0);
  const data = fetchAll(prepare, following.slice(offset, offset + limit));
  return { data, total: matches.length, ...(following.length > offset + limit && nextOf(data)) };
}

function walk(prepare: Prepare, query: MessageQuery, options: SearchOptions): MessagePage {
  const { after, order = "asc", offset, limit } = query;
  const sign = order === "asc" ? 1 : -1;
  const data: StoredMessage[] = [];
  let total = 0;
  let following = 0;
  walkByTime(prepare, { ...query, order }, {
    ...options,
    take(matches) {
      const left = after === undefined ? matches : matches.filter((match) => sign * comparePositions(match, after) > 0);
      data.push(...fetchAll(prepare, left.slice(Math.max(0, offset - following), Math.max(0, offset + limit - following))));
      total += matches.length;
      following += left.length;
    },
  });
  return { data, total, ...(following > offset + limit && nextOf(data)) };
}
