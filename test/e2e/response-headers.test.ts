import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { exchangeRaw } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp({ busyTimeoutMs: 1, env: { API_TOKEN: "t", MAX_BODY_BYTES: "1000", WEBHOOK_RATE_LIMIT: "6" } });

/** No cache may store the response, no browser may guess its type, and no header names the software. */
function assertSafe(headers: ReadonlyMap<string, string | undefined>, what: string): void {
  assert.equal(headers.get("x-content-type-options"), "nosniff", what);
  assert.equal(headers.get("cache-control"), "no-store", what);
  for (const name of ["server", "x-powered-by", "access-control-allow-origin", "set-cookie", "etag"]) assert.equal(headers.get(name), undefined, what);
}

test("every response with a body forbids caching and type sniffing", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const headers = { Authorization: "Bearer t" };
  const other = otherConnection(t, app.databasePath);
  const locked = async (): ReturnType<typeof app.deliver> => {
    other.exec("BEGIN IMMEDIATE");
    const response = await app.deliver(delivery({ message_id: "m2" }));
    other.exec("ROLLBACK");
    return response;
  };
  const responses = [
    await app.deliver(delivery()), await app.deliver(delivery()), await app.deliver("{}"), await app.deliver("x".repeat(1001)),
    await app.deliver("x", { "X-Signature": "x" }), await locked(), await app.deliver(delivery()),
  ];
  assert.deepEqual(responses.map(({ status }) => status), [200, 200, 422, 413, 401, 503, 429]);
  for (const path of ["/messages", "/messages/m1", "/messages/none", "/messages/%", "/messages?limit=0", "/stats"]) {
    responses.push(await app.request(path, { headers }), await app.request(path));
  }
  for (const path of ["/health/live", "/health/ready", "/metrics", "/nope", "/webhook"]) responses.push(await app.request(path));
  for (const response of responses) assertSafe(new Map(Object.entries(response.headers).map(([name, value]) => [name, String(value)])), response.body);
});

test("a response to a request that the HTTP parser refuses forbids caching and type sniffing", async (t) => {
  const app = await shared();
  for (const bytes of ["GARBAGE\r\n\r\n", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"]) {
    const [response] = await exchangeRaw(t, app.url, bytes);
    assert.ok(response);
    assertSafe(response.headers, bytes.slice(0, 40));
  }
});
