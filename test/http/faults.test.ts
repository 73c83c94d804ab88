import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreUnavailable } from "../../src/core/store.ts";
import type { Handler } from "../../src/http/message.ts";
import { json } from "../../src/http/respond.ts";
import { send } from "../support/app.ts";
import { exchangeRaw } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const FAULTS: readonly (readonly [string, Handler, number, string])[] = [
  ["an error that is thrown", () => { throw new Error("CANARY"); }, 500, '{"detail":"internal error"}'],
  ["an error that comes later", () => Promise.reject(new TypeError("CANARY")), 500, '{"detail":"internal error"}'],
  ["a thing that is not an error", () => Promise.reject("CANARY"), 500, '{"detail":"internal error"}'],
  ["a store that cannot answer", () => Promise.reject(new StoreUnavailable("CANARY")), 503, '{"detail":"the database cannot answer now, try again later"}'],
];

for (const [title, handle, status, body] of FAULTS) {
  test(`${title} in a handler is answered ${status}; what went wrong is for the log alone`, async (t) => {
    const server = await startTestServer(t, handle);
    const answer = await send(server.url, "/");
    assert.equal(answer.status, status);
    assert.equal(answer.body, body);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.equal(answer.headers["retry-after"], status === 503 ? "1" : undefined);
    assert.ok(!JSON.stringify(answer).includes("CANARY"));
    const [exchange] = await server.finished(1);
    assert.equal(exchange?.status, status);
    assert.match(exchange?.fault ?? "", /CANARY/);
  });
}

test("a fault harms neither its connection nor the next request", async (t) => {
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
  const answers = await exchangeRaw(t, server.url, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
  assert.deepEqual(answers.map(({ status }) => status), [200]);
  const [, unanswered] = await server.finished(2);
  assert.equal(unanswered?.status, 503);
  assert.equal(typeof unanswered?.fault, "string");
});
