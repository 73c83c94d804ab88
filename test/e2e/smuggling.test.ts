import assert from "node:assert/strict";
import { test } from "node:test";
import { BENCH_SECRET } from "../../scripts/bench/messages.ts";
import { SMUGGLING } from "../../scripts/overload/smuggling.ts";
import { exchangeRaw } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp({ env: { WEBHOOK_SECRET: BENCH_SECRET } });

test("a request that two parsers can frame differently gets 400, and the delivery hidden in it is not served:", async (t) => {
  const app = await shared();
  const before = storedIds(app.databasePath);
  for (const [index, bytes] of SMUGGLING.entries()) {
    await t.test(JSON.stringify(bytes.slice(0, -200)), async (t) => {
      const responses = await exchangeRaw(t, app.url, bytes);
      assert.deepEqual(responses.map(({ status }) => status), [400]);
      // A delivery that is stored already would be logged as a repeat.
      assert.deepEqual(storedIds(app.databasePath), before);
      assert.ok((await app.requestLines(index + 1)).every((line) => line["message_id"] === undefined));
    });
  }
});

test("the same delivery after a valid request is served", async (t) => {
  const app = await shared();
  const hidden = (SMUGGLING[0] ?? "").slice((SMUGGLING[0] ?? "").lastIndexOf("POST"));
  const responses = await exchangeRaw(t, app.url, `GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n${hidden.replace("Host: x", "Host: x\r\nConnection: close")}`);
  assert.deepEqual(responses.map(({ status }) => status), [200, 200]);
});
