import type { Stats, StoredMessage } from "../../src/core/message.ts";
import { BUCKET_MS, type TimelineAnswer } from "../../src/pages/browser/timeline.ts";

/** What `GET /messages` with these parameters admits. */
export function createFilter(parameters: URLSearchParams): (message: StoredMessage) => boolean {
  const value = (name: string): string => parameters.get(name) ?? "";
  const q = value("q").toLowerCase();
  return ({ from, to, ts, text }) =>
    (value("from") === "" || from === value("from")) &&
    (value("to") === "" || to === value("to")) &&
    (value("since") === "" || Date.parse(ts) >= Date.parse(value("since"))) &&
    (value("until") === "" || Date.parse(ts) < Date.parse(value("until"))) &&
    (q === "" || (text ?? "").toLowerCase().includes(q));
}

/** What `GET /stats` answers. */
export function statsOf(messages: readonly StoredMessage[]): Stats {
  const counts = Map.groupBy(messages, ({ from }) => from).entries().map(([from, its]) => ({ from, count: its.length })).toArray();
  const times = messages.map(({ ts }) => ts).sort();
  return {
    total_messages: messages.length,
    senders_count: counts.length,
    messages_per_sender: counts.toSorted((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1)).slice(0, 10),
    first_message_ts: times[0] ?? null,
    last_message_ts: times.at(-1) ?? null,
  };
}

/** What `GET /stats/timeline` answers. */
export function timelineOf(messages: readonly StoredMessage[], parameters: URLSearchParams): TimelineAnswer {
  const bucket = parameters.get("bucket") === "day" ? "day" : "hour";
  const starts = Map.groupBy(messages, ({ ts }) => Math.floor(Date.parse(ts) / BUCKET_MS[bucket]) * BUCKET_MS[bucket]);
  const all = starts.entries().toArray().sort(([a], [b]) => a - b);
  const limit = Number(parameters.get("limit") ?? 1000);
  return {
    bucket,
    data: all.slice(-limit).map(([startMs, its]) => ({ start: new Date(startMs).toISOString().replace(".000Z", "Z"), count: its.length })),
    truncated: all.length > limit,
  };
}
