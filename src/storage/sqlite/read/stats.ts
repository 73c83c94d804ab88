import { compareText } from "../../../core/order.ts";
import type { Stats } from "../../../core/queries.ts";
import type { Prepare } from "./rows.ts";
import type { TimeCounts } from "./time-counts.ts";

const TOP_SENDERS = 10;

interface Ranked {
  readonly from: string;
  readonly count: number;
}

/** Totals from the index's counts and the unindexed rows; needs a snapshot. */
export function createStats(prepare: Prepare, timeCounts: TimeCounts): () => Stats {
  function numberOf(sql: string, sender?: string): number | undefined {
    const row = sender === undefined ? prepare(sql).get() : prepare(sql).get(sender);
    return row === undefined ? undefined : Number(row["value"]);
  }

  /** Senders of unindexed rows, with the total of each. */
  function recentSenders(): { readonly ranked: readonly Ranked[]; readonly unknown: number } {
    let unknown = 0;
    const ranked = prepare("SELECT from_msisdn, count(*) AS count FROM unindexed_messages GROUP BY 1").all().map((row) => {
      const from = String(row["from_msisdn"]);
      const counted = numberOf("SELECT count AS value FROM sender_counts WHERE from_msisdn = ?", from);
      if (counted === undefined) unknown += 1;
      return { from, count: (counted ?? 0) + Number(row["count"]) };
    });
    return { ranked, unknown };
  }

  /** A sender outside the counted ten who has no unindexed row cannot be among the true ten. */
  function topSenders(recent: readonly Ranked[]): readonly Ranked[] {
    const all = new Map<string, number>();
    for (const row of prepare(`SELECT from_msisdn, count FROM sender_counts ORDER BY count DESC, from_msisdn LIMIT ${TOP_SENDERS}`).all()) {
      all.set(String(row["from_msisdn"]), Number(row["count"]));
    }
    for (const { from, count } of recent) all.set(from, count);
    const ranked = [...all].map(([from, count]) => ({ from, count }));
    return ranked.sort((a, b) => b.count - a.count || compareText(a.from, b.from)).slice(0, TOP_SENDERS);
  }

  function edge(direction: "ASC" | "DESC"): string | null {
    const row = prepare(`SELECT ts FROM messages ORDER BY rtrim(ts, 'Z') ${direction}, message_id ${direction} LIMIT 1`).get();
    return row === undefined ? null : String(row["ts"]);
  }

  return () => {
    const recent = recentSenders();
    return {
      total_messages: timeCounts.countAll(),
      senders_count: (numberOf("SELECT senders AS value FROM index_state") ?? 0) + recent.unknown,
      messages_per_sender: topSenders(recent.ranked),
      first_message_ts: edge("ASC"),
      last_message_ts: edge("DESC"),
    };
  };
}
