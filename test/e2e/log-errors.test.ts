import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, raw, startTestApp } from "../support/app.ts";
import { sharedApp } from "../support/shared-app.ts";
import { oneOfMany } from "../support/sweep.ts";

const withoutProxies = sharedApp({ env: { TRUSTED_PROXIES: "0" } });
const CANARY = "canary-4711";
const BODIES: readonly (readonly [body: string | object, errors: string])[] = [
  [delivery({ from: CANARY, ts: CANARY }), "from:string_pattern_mismatch, ts:datetime_parsing"],
  [{}, "message_id:missing, from:missing, to:missing, ts:missing"],
  [delivery({ text: 1 }), "text:string_type"],
  [`{"${CANARY}`, "body:json_invalid"],
  [`["${CANARY}"]`, "body:dict_type"],
];
const READS: readonly (readonly [target: string, errors: string])[] = [
  [`/messages?limit=${CANARY}&offset=-1&since=x`, "limit:int_parsing, offset:greater_than_equal, since:datetime_parsing"],
  ["/messages?format=csv&limit=1", "limit:page_of_export"],
  [`/tail?after=${CANARY}`, "after:int_parsing"],
  ["/stats/timeline?bucket=week", "bucket:enum"],
  ["/messages/%ff", "message_id:percent_encoding"],
];

test("the log line of a 422 names each invalid field and its error, without content", async () => {
  const app = await withoutProxies();
  for (const [body] of BODIES) assert.equal((await app.deliver(body)).status, 422);
  for (const [target] of READS) assert.equal((await app.request(target)).status, 422);
  await app.deliver(delivery());
  await app.request("/none");
  const lines = await app.requestLines(BODIES.length + READS.length + 2);
  assert.deepEqual(lines.map((line) => line["errors"]), [...BODIES, ...READS].map(([, errors]): string | undefined => errors).concat(undefined, undefined));
  assert.ok(!app.rawLog().includes(CANARY));
});

test("the log line of a request has the trace_id of a valid traceparent, and none for an invalid one", async () => {
  const app = await withoutProxies();
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
  await app.deliver(delivery(), { traceparent });
  await app.request("/nope", { headers: { traceparent } });
  await app.request("/stats", { headers: { traceparent: [traceparent, traceparent] } });
  await app.request("/stats", { headers: { traceparent: traceparent.toUpperCase() } });
  const lines = await app.requestLines(4);
  assert.deepEqual(lines.map((line) => line["trace_id"]), [trace, trace, undefined, undefined]);
});

const CLIENTS: readonly (readonly [trusted: string, forwarded: string | undefined, client: string])[] = [
  ["0", undefined, "127.0.0.1"],
  ["0", "192.0.2.1", "127.0.0.1"],
  ["1", undefined, "127.0.0.1"],
  ["1", "192.0.2.1", "192.0.2.1"],
  ["1", "198.51.100.7, 192.0.2.1:4711", "192.0.2.1"],
  ["2", "198.51.100.7, 192.0.2.1", "198.51.100.7"],
  ["1", "[2001:db8::1:2]:443", "2001:db8::1:2"],
  ["1", "::ffff:192.0.2.1", "192.0.2.1"],
  ["1", "fe80::1%eth0", "fe80::1"],
  ["1", 'x","level":"y', "127.0.0.1"],
];

for (const [index, trusted] of ["0", "1", "2"].entries()) {
  test(`the log line of each request has the client's address, with TRUSTED_PROXIES=${trusted}`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const app = trusted === "0" ? await withoutProxies() : await startTestApp(t, { env: { TRUSTED_PROXIES: trusted } });
    const rows = CLIENTS.filter(([given]) => given === trusted);
    for (const [, forwarded] of rows) await app.request("/health/live", { headers: forwarded === undefined ? {} : { "X-Forwarded-For": forwarded } });
    await raw(app.url, "GARBAGE\r\n\r\n");
    const lines = await app.requestLines(rows.length + 1);
    assert.deepEqual(lines.map((line) => line["client"]), [...rows.map(([, , client]) => client), "127.0.0.1"]);
  });
}
