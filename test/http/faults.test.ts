import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreUnavailable } from "../../src/core/store.ts";
import type { Handler } from "../../src/http/message.ts";
import { json } from "../../src/http/respond.ts";
import { send } from "../support/app.ts";
import { exchangeRaw } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const FAULTS: readonly (readonly [string, Handler, number, string])[] = [
  ["a thrown error", () => { throw new Error("CANARY"); }, 500, '{"detail":"internal error"}'],
  ["a rejected promise", () => Promise.reject(new TypeError("CANARY")), 500, '{"detail":"internal error"}'],
  ["a rejection that is not an Error", () => Promise.reject("CANARY"), 500, '{"detail":"internal error"}'],
  ["an unavailable store", () => Promise.reject(new StoreUnavailable("CANARY")), 503, '{"detail":"the database is unavailable, try again later"}'],
];

for (const [title, handle, status, body] of FAULTS) {
  test(`${title} in a handler gets ${status}, and its details appear only in the log`, async (t) => {
    const server = await startTestServer(t, handle);
    const response = await send(server.url, "/");
    assert.equal(response.status, status);
    assert.equal(response.body, body);
    assert.equal(response.headers["content-type"], "application/json");
    assert.equal(response.headers["retry-after"], status === 503 ? "1" : undefined);
    assert.ok(!JSON.stringify(response).includes("CANARY"));
    const [exchange] = await server.finished(1);
    assert.equal(exchange?.status, status);
    assert.match(exchange?.fault ?? "", /CANARY/);
  });
}

test("a fault does not affect the next request", async (t) => {
  let calls = 0;
  const server = await startTestServer(t, () => {
    calls += 1;
    if (calls === 1) throw new Error("once");
    return json({});
  });
  assert.deepEqual([(await send(server.url, "/")).status, (await send(server.url, "/")).status], [500, 200]);
  assert.deepEqual((await server.finished(2)).map(({ fault }) => fault === undefined), [false, true]);
});

test("if the outcome is in doubt, the connection is closed without a response, after the responses before it", async (t) => {
  let calls = 0;
  const server = await startTestServer(t, () => {
    calls += 1;
    return calls === 1 ? json({}) : { status: 503, body: "CANARY", inDoubt: true };
  });
  const responses = await exchangeRaw(t, server.url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
  assert.deepEqual(responses.map(({ status }) => status), [200]);
  const [, inDoubt] = await server.finished(2);
  assert.equal(inDoubt?.status, 503);
  assert.equal(typeof inDoubt?.fault, "string");
});
