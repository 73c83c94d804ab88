import { DatabaseSync } from "node:sqlite";
import type { MessagePage, Stats } from "../../src/core/queries.ts";
import { PAGE_LIMIT, type Observation, type Row, type Search, type SenderList } from "./check.ts";
import { pick, type Random } from "./messages.ts";

const SAMPLED_ROWS = 8;

/** The content of a database. */
export type StoredRows = Pick<Observation, "rows" | "integrity">;

/** Queries the service that runs on these rows; nobody may send to it meanwhile. */
export async function observe({ rows, integrity }: StoredRows, url: string, random: Random): Promise<Observation> {
  const sample = Array.from({ length: SAMPLED_ROWS }, () => pick(random, rows)).filter((row) => row !== undefined);
  const searches: Search[] = [];
  for (const row of sample) {
    const q = fragment(row, random);
    if (q === "") continue;
    searches.push({ q, ...(await getPage(url, `q=${encodeURIComponent(q)}`)) });
  }
  const lists: SenderList[] = [];
  for (const from of new Set(sample.map((row) => row.from))) lists.push({ from, ...(await getPage(url, `from=${from}`)) });
  const single: Row[] = [];
  for (const { message_id } of sample) single.push(await getJson<Row>(url, `/messages/${encodeURIComponent(message_id)}`));
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return {
    rows,
    integrity,
    searches,
    lists,
    single,
    stats: await getJson<Stats>(url, "/stats"),
    total: (await getJson<MessagePage>(url, "/messages?limit=1")).total,
    gauge: Number(/^webhook_stored_messages (\d+)$/m.exec(metrics)?.[1]),
  };
}

/** Reads an SQLite file. */
export function readFile(database: string): StoredRows {
  using db = new DatabaseSync(database, { readOnly: true });
  const columns = `message_id, from_msisdn AS "from", to_msisdn AS "to", ts, text, created_at`;
  const rows = db.prepare(`SELECT ${columns} FROM messages`).all().map((row): Row => ({
    message_id: String(row["message_id"]),
    from: String(row["from"]),
    to: String(row["to"]),
    ts: String(row["ts"]),
    text: row["text"] === null ? null : String(row["text"]),
    created_at: String(row["created_at"]),
  }));
  return { rows, integrity: db.prepare("PRAGMA integrity_check").all().map((row) => String(row["integrity_check"])) };
}

/** A part of the row's text: the whole word with its number, which few rows have, or any substring of at least one character. */
function fragment({ text }: Row, random: Random): string {
  if (text === null) return "";
  if (random() < 0.5) return text.slice(text.lastIndexOf(" ") + 1);
  const characters = [...text];
  const start = Math.floor(random() * characters.length);
  return characters.slice(start, start + 1 + Math.floor(random() * 12)).join("");
}

async function getPage(url: string, filter: string): Promise<{ readonly ids: readonly string[]; readonly total: number }> {
  const { data, total } = await getJson<MessagePage>(url, `/messages?limit=${PAGE_LIMIT}&${filter}`);
  return { ids: data.map((one) => one.message_id), total };
}

// The type is not checked here: the caller compares the responses with the rows, which reveals any difference.
async function getJson<T>(url: string, target: string): Promise<T> {
  const response = await fetch(url + target);
  const body = await response.text();
  if (response.status !== 200) throw new Error(`Cannot check: GET ${target} must get 200, not ${response.status}: ${body}`);
  return JSON.parse(body);
}
