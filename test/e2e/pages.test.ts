import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { deliverAll } from "../support/deliver-all.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

async function deliverSome(app: TestApp, ids: readonly string[]): Promise<void> {
  for (const [index, id] of ids.entries()) {
    const message = delivery({ message_id: id, from: `+${1 + (index % 2)}`, ts: `2025-01-15T10:0${index}:00Z`, text: "a+b <c>" });
    assert.equal((await app.deliver(message)).status, 200);
  }
}

const shared = sharedApp();

let filled: Promise<TestApp> | undefined;

function withFiveMessages(): Promise<TestApp> {
  return (filled ??= shared().then(async (app) => {
    await deliverSome(app, ["m0", "m1", "m2", "m3", "m4"]);
    return app;
  }));
}

for (const query of ["limit=2", "limit=2&order=desc", "limit=2&from=+1&q=a%2Bb", "limit=1&offset=2", "limit=3&q=%3Cc%3E&unknown=1", "limit=1&to=+14155550100", "limit=2&order=received", "limit=2&order=received-desc&from=+1"]) {
  test(`the Link headers lead through all pages of ?${query}, and next_cursor has the same cursor`, async () => {
    const app = await withFiveMessages();
    const all = listAt((await app.request(`/messages?${query.replace(/limit=\d/, "limit=100")}`)).json, "data");
    const seen: unknown[] = [];
    for (let target: string | undefined = `/messages?${query}`; target !== undefined; ) {
      const response = await app.request(target);
      assert.equal(response.status, 200, response.body);
      seen.push(...listAt(response.json, "data"));
      const link = response.headers["link"];
      const next = typeof link === "string" ? /^<([^>]+)>; rel="next"$/.exec(link)?.[1] : undefined;
      const page = new URL(next ?? "", app.url + target);
      target = next === undefined ? undefined : page.pathname + page.search;
      const cursor = page.searchParams.get("cursor");
      assert.equal(Object.hasOwn(Object(response.json), "next_cursor"), target !== undefined);
      if (target !== undefined) assert.equal(at(response.json, "next_cursor"), cursor);
    }
    assert.deepEqual(seen, all);
  });
}

const LINKS: readonly (readonly [given: string, repeated: string])[] = [
  ["limit=1&unknown=1", "limit=1"],
  ["limit=1&access_token=t&utm_source=a", "limit=1"],
  ["limit=1&Limit=2&LIMIT=3&limi%74=1", "limit=1&limi%74=1"],
  ["limit=1&offset=0&q=a%2Bb&order=desc&format=json", "limit=1&q=a%2Bb&order=desc&format=json"],
  ["limit=1&q=%3Cc%3E&q[]=1&a>b=1", "limit=1&q=%3Cc%3E"],
  ["&&limit=1&&", "limit=1"],
];

test("the Link header is relative and repeats only known parameters:", async (t) => {
  const app = await withFiveMessages();
  for (const [given, repeated] of LINKS) {
    await t.test(given, async () => {
      const { headers, json } = await app.request(`/messages?${given}`);
      assert.equal(headers["link"], `<?${repeated}&cursor=${String(at(json, "next_cursor"))}>; rel="next"`);
    });
  }
  const { headers } = await app.request("/messages?limit=1");
  const link = /^<([^>]+)>/.exec(String(headers["link"]))?.[1] ?? "";
  assert.match(new URL(link, "https://proxy.example/inbox/messages?limit=1").href, /^https:\/\/proxy\.example\/inbox\/messages\?limit=1&cursor=/);
});

for (const order of ["asc", "desc"]) {
  test(`paging by cursor with order=${order} neither repeats nor skips messages while others arrive`, async () => {
    const app = await shared();
    // In this order, before the messages of all other tests.
    const year = order === "asc" ? "1990" : "2190";
    const deliverAt = async (minute: number): Promise<void> => {
      const ts = `${year}-01-15T10:${String(minute).padStart(2, "0")}:00Z`;
      assert.equal((await app.deliver(delivery({ message_id: `${order}${minute}`, ts }))).status, 200);
    };
    const before = [10, 20, 30, 40, 50];
    for (const minute of before) await deliverAt(minute);
    const seen: unknown[] = [];
    let target: string | undefined = `/messages?limit=2&order=${order}`;
    for (let page = 0; target !== undefined; page += 1) {
      const { json } = await app.request(target);
      seen.push(...listAt(json, "data").map((one) => at(one, "message_id")));
      const cursor: unknown = at(json, "next_cursor");
      target = typeof cursor === "string" ? `/messages?limit=2&order=${order}&cursor=${cursor}` : undefined;
      // At both ends of the list, and inside the page that was just read.
      if (page === 0) for (const minute of order === "asc" ? [1, 15, 55] : [55, 45, 1]) await deliverAt(minute);
    }
    const minutes = order === "asc" ? [...before, 55] : [...before.toReversed(), 1];
    assert.deepEqual(seen.filter((id) => String(id).startsWith(order)), minutes.map((minute) => `${order}${minute}`));
  });
}

test("GET /stats/timeline counts by hour or day, and refuses invalid parameters", async (t) => {
  const app = await startTestApp(t);
  await deliverSome(app, ["m0", "m1", "m2"]);
  assert.deepEqual((await app.request("/stats/timeline")).json, { bucket: "hour", data: [{ start: "2025-01-15T10:00:00Z", count: 3 }], truncated: false });
  assert.deepEqual((await app.request("/stats/timeline?bucket=day&since=2025-01-15T10:01:00Z&until=2025-01-15T15:32:00+05:30")).json, {
    bucket: "day", data: [{ start: "2025-01-15T00:00:00Z", count: 1 }], truncated: false,
  });
  for (const [filter, count] of [["from=+1", 2], ["to=+14155550100&from=+2", 1], ["q=A%2BB", 3], ["q=A+B", 0], ["from=+1&q=c&since=2025-01-15T10:00:30Z", 1]] as const) {
    const data = count === 0 ? [] : [{ start: "2025-01-15T10:00:00Z", count }];
    assert.deepEqual((await app.request(`/stats/timeline?${filter}`)).json, { bucket: "hour", data, truncated: false }, filter);
  }
  for (const [query, start] of [["bucket=day&utc_offset=+05:30", "2025-01-14T18:30:00Z"], ["bucket=day&utc_offset=-10:15", "2025-01-14T10:15:00Z"], ["utc_offset=%2B05:45", "2025-01-15T09:15:00Z"], ["utc_offset=-00:00", "2025-01-15T10:00:00Z"]] as const) {
    assert.deepEqual(at((await app.request(`/stats/timeline?${query}`)).json, "data"), [{ start, count: 3 }], query);
  }
  const refused = await app.request("/stats/timeline?bucket=week&utc_offset=+5:30&since=x&limit=0");
  assert.equal(refused.status, 422);
  const types = ["enum", "string_pattern_mismatch", "datetime_parsing", "greater_than_equal"];
  assert.deepEqual(listAt(refused.json, "detail").map((error) => at(error, "type")), types);
  for (const offset of ["", "Z", "05:30", "%2005:30", "+24:00", "+05:60", "+0530", "+05:30:00"]) {
    const { status, json } = await app.request(`/stats/timeline?utc_offset=${offset}`);
    assert.deepEqual([status, at(listAt(json, "detail")[0], "loc")], [422, ["query", "utc_offset"]], offset);
  }
});

test("order=received lists messages in the order of their deliveries, whatever their ts, in pages and exports", async () => {
  const app = await shared();
  const received = [["b", "2025-01-15T10:00:00Z"], ["future", "2099-12-31T00:00:00Z"], ["a", "2025-01-15T10:00:01Z"], ["late", "2020-01-01T00:00:00Z"]] as const;
  for (const [id, ts] of received) assert.equal((await app.deliver(delivery({ message_id: id, ts, text: id === "a" ? null : "text" }))).status, 200);
  const ids = received.map(([id]) => id);
  const idsOf = async (query: string): Promise<readonly unknown[]> => listAt((await app.request(`/messages?${query}`)).json, "data").map((one) => at(one, "message_id"));
  const listed = [await idsOf("order=received"), await idsOf("order=received-desc")];
  assert.deepEqual([listed[0]?.slice(-ids.length), listed[1]?.slice(0, ids.length)], [ids, ids.toReversed()]);
  assert.deepEqual(await idsOf("order=received-desc&limit=1&offset=2"), ["future"]);
  assert.deepEqual(await idsOf("order=received&q=text&since=2025-01-01T00:00:00Z"), ["b", "future"]);
  const exported = (await app.request("/messages?order=received&format=ndjson&q=TEXT")).body.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  assert.deepEqual(exported.map((one) => Object.keys(one).join()), Array(3).fill("message_id,from,to,ts,text,created_at"));
  assert.deepEqual(exported.map((one) => at(one, "message_id")), ["b", "future", "late"]);
  const refused = await app.request("/messages?order=received-desc&format=csv");
  assert.deepEqual([refused.status, at(listAt(refused.json, "detail")[0], "type")], [422, "order_of_export"]);
});

test("an export in commit order has every message in order, over many pages", ONLY_IN_FULL_RUN, async (t) => {
  const app = await startTestApp(t);
  const ids = Array.from({ length: 700 }, (_, index) => `m${String((index * 389) % 700).padStart(3, "0")}`);
  await deliverAll(t, app, ids.map((message_id) => ({ message_id })));
  const { body } = await app.request("/messages?order=received&format=ndjson");
  assert.deepEqual(body.split("\n").slice(0, -1).map((line) => at(JSON.parse(line), "message_id")), ids);
});
