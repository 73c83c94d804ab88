import assert from "node:assert/strict";
import { test } from "node:test";
import { routeAccess } from "../../src/api/operation.ts";
import { OPERATIONS } from "../../src/api/operations.ts";
import { delivery } from "../support/app.ts";
import { sharedApp } from "../support/shared-app.ts";
import { sweep } from "../support/sweep.ts";

const TOKEN = "s3cret-Token";
/** Every operation that needs the token. The invalid `after` ends a tail at once. */
const GUARDED: readonly (readonly [method: string, target: string])[] = Object.values(OPERATIONS)
  .filter((operation) => routeAccess(operation) === "token")
  .flatMap(({ method, path }) => (path.includes("{") ? ["m1", "none", "%"] : [""]).map((id) => [method, `${path.replace(/\{.*\}/, id)}?after=x`] as const));
const withToken = sharedApp({ env: { API_TOKEN: TOKEN } });

const AUTHORIZATIONS: readonly (readonly [string, string | string[] | undefined, boolean])[] = [
  ["the token", `Bearer ${TOKEN}`, true],
  ["the scheme in another case", `bEARER ${TOKEN}`, true],
  ["more than one space", `Bearer   ${TOKEN}`, true],
  ["nothing", undefined, false],
  ["an empty header", "", false],
  ["only the scheme", "Bearer", false],
  ["the token without a scheme", TOKEN, false],
  ["another scheme", `Basic ${TOKEN}`, false],
  ["another token", "Bearer other", false],
  ["the token in another case", `Bearer ${TOKEN.toLowerCase()}`, false],
  ["a prefix of the token", `Bearer ${TOKEN.slice(0, -1)}`, false],
  ["the token and one more character", `Bearer ${TOKEN}x`, false],
  ["two tokens", `Bearer ${TOKEN} ${TOKEN}`, false],
  ["the token after another scheme", `Basic x, Bearer ${TOKEN}`, false],
];

test("with API_TOKEN, messages and statistics need the token", async (t) => {
  const app = await withToken();
  assert.equal((await app.deliver(delivery())).status, 200);
  for (const [title, authorization, admitted] of AUTHORIZATIONS) {
    await t.test(`given ${title}: ${admitted ? "served" : "401"}`, async (t) => {
      for (const [documented, path] of authorization === undefined ? GUARDED : sweep(t, GUARDED, { every: 5 })) {
        for (const method of documented === "GET" ? ["GET", "HEAD"] : [documented]) {
          const response = await app.request(path, { method, headers: authorization === undefined ? {} : { Authorization: authorization } });
          if (admitted) {
            assert.notEqual(response.status, 401, `${method} ${path}`);
            continue;
          }
          assert.equal(response.status, 401, `${method} ${path}`);
          assert.equal(response.headers["www-authenticate"], "Bearer");
          if (method !== "HEAD") assert.match(response.body, /^\{"detail":"[^"]+"\}$/);
          else assert.equal(response.body, "");
          assert.ok(!response.body.includes(TOKEN));
        }
      }
    });
  }
});

test("endpoints that show no messages need no token", async () => {
  const app = await withToken();
  assert.equal((await app.deliver(delivery())).status, 200);
  for (const path of ["/health/live", "/health/ready", "/metrics"]) assert.equal((await app.request(path)).status, 200, path);
  for (const path of ["/messages", "/messages/m1", "/tail", "/stats", "*"]) {
    assert.equal((await app.request(path, { method: "OPTIONS" })).status, 204, path);
  }
  assert.equal((await app.request("/stats", { method: "POST" })).status, 405);
  assert.equal((await app.request("/nope")).status, 404);
});

test("the token does not replace a signature", async () => {
  const app = await withToken();
  const headers = { Authorization: `Bearer ${TOKEN}` };
  assert.equal((await app.request("/webhook", { method: "POST", body: JSON.stringify(delivery()), headers })).status, 401);
});
