import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tail } from "../../src/cli/tail.ts";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { at, listAt } from "../support/json.ts";
import { startService } from "../support/process.ts";
import { temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";
import { runMain } from "./main.ts";
import { testTerminal } from "./terminal.ts";

const TEXTS = ["Hello", 'quote " comma, CRLF \r\n', "=1+1", null, "é😀\u2028\u0000"];

async function deliverAll(app: TestApp): Promise<void> {
  for (const [index, text] of TEXTS.entries()) {
    assert.equal((await app.deliver(delivery({ message_id: `m${index}`, ts: `2025-01-15T10:00:0${index}Z`, text }))).status, 200);
  }
}

function ids(lines: string): readonly unknown[] {
  return lines.trimEnd().split("\n").map((line) => at(JSON.parse(line), "message_id"));
}

test("export against the real service gives every message in each format, and those that match each filter", async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "token" } });
  await deliverAll(app);
  const env = { WEBHOOK_INBOX_URL: app.url, API_TOKEN: "token" };
  const listed = listAt((await app.request("/messages", { headers: { Authorization: "Bearer token" } })).json, "data");

  const json = await runMain(["export", "--format", "json"], { env });
  assert.deepEqual([json.status, json.stderr], [0, ""]);
  assert.deepEqual(JSON.parse(json.stdout), listed);
  const { stdout } = await runMain(["export"], { env });
  assert.deepEqual(stdout.trimEnd().split("\n").map((line): unknown => JSON.parse(line)), listed);
  const file = join(temporaryFolder(t), "x.csv");
  assert.equal((await runMain(["export", "--format", "csv", "--output", file], { env })).status, 0);
  const csv = readFileSync(file, "utf8");
  assert.ok(csv.startsWith("message_id,from,to,ts,text,created_at\r\nm0,'+919876543210,"));
  assert.ok(csv.includes(`"quote "" comma, CRLF \r\n"`));

  const filters: readonly (readonly [readonly string[], readonly string[]])[] = [
    [["--order", "desc"], ["m4", "m3", "m2", "m1", "m0"]],
    [["--since", "2025-01-15T15:30:01+05:30", "--until", "2025-01-15T10:00:03Z"], ["m1", "m2"]],
    [["--from", "+919876543210", "--to", "+14155550100", "--q", "hELLO"], ["m0"]],
  ];
  for (const [args, expected] of filters) assert.deepEqual(ids((await runMain(["export", ...args], { env })).stdout), expected);
});

test("a refusal is reported with the text of the service's response", async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "token" } });
  const withoutToken = await runMain(["export"], { env: { WEBHOOK_INBOX_URL: app.url } });
  assert.deepEqual([withoutToken.status, withoutToken.stdout], [1, ""]);
  assert.match(withoutToken.stderr, /^Cannot export: the service responded with 401 [^\n]+\n$/);
  const wrong = await runMain(["export", "--since", "yesterday"], { env: { WEBHOOK_INBOX_URL: app.url, API_TOKEN: "token" } });
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /^Cannot export: the service responded with 422 [^\n]*"since"[^\n]*RFC 3339[^\n]*\n$/);
  const follower = testTerminal();
  assert.equal(await tail(follower, { name: "tail", url: new URL(app.url), after: undefined }), 1);
  assert.match(follower.complaints.join("\n"), /401/);
});

test("a service stores what another one exports", ONLY_IN_FULL_RUN, async (t) => {
  const [app, other] = [await startTestApp(t), await startTestApp(t)];
  await deliverAll(app);
  const { stdout } = await runMain(["export"], { env: { WEBHOOK_INBOX_URL: app.url } });
  const sent = await runMain(["send", "--file", "-"], { env: { WEBHOOK_INBOX_URL: other.url, WEBHOOK_SECRET: "testsecret" }, input: stdout });
  assert.equal(sent.stdout, `${TEXTS.length} accepted, 0 refused\n`);
  const messages = async (from: TestApp): Promise<readonly unknown[]> =>
    listAt((await from.request("/messages")).json, "data").map((message) => ({ ...Object(message), created_at: "" }));
  assert.deepEqual(await messages(other), await messages(app));
});

test("tail prints each message once when it is stored, and continues after a restart of the service", async (t) => {
  const folder = temporaryFolder(t);
  const first = await startService(t, {}, { folder });
  const url = new URL(first.url);
  const store = async (id: string): Promise<void> => {
    const sent = await runMain(["send", "--id", id, "--url", first.url], { env: { WEBHOOK_SECRET: "testsecret" } });
    assert.equal(sent.status, 0, sent.stderr);
  };
  const lines: string[] = [];
  const printed = async (count: number): Promise<void> => {
    await until(`${count} lines have come`, () => lines.length >= count);
  };
  const restarted = Promise.withResolvers<void>();
  const terminal = testTerminal({
    wait: () => restarted.promise,
    write: async (chunk) => {
      lines.push(chunk.toString());
      if (lines.length === 4) throw new Error("enough");
    },
  });

  await store("before");
  const tailing = assert.rejects(tail(terminal, { name: "tail", url, after: 0 }), /enough/);
  await printed(1);
  await store("live");
  await printed(2);
  first.signal("SIGTERM");
  assert.deepEqual(await first.exited, { code: 0, signal: null });
  await startService(t, { PORT: url.port }, { folder });
  await store("while it waits");
  restarted.resolve();
  await printed(3);
  await store("live again");
  await tailing;
  assert.deepEqual(ids(lines.join("")), ["before", "live", "while it waits", "live again"]);
});
