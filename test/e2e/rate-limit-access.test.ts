import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const FIXED_CLOCK = { clock: { nowMs: () => Date.UTC(2025, 0, 15) } };
/** Each test has its own addresses. */
const behindProxy = sharedApp({ ...FIXED_CLOCK, env: { WEBHOOK_RATE_LIMIT: "1", TRUSTED_PROXIES: "1" } });

/** Ways in which a client behind one trusted proxy may try to evade its limit. All of them count against the same address. */
const EVASIONS: readonly (readonly [string, string | string[]])[] = [
  ["a forged address in front", "198.51.100.1, 192.0.2.7"],
  ["many forged addresses in front", `${"198.51.100.1, ".repeat(500)}192.0.2.7`],
  ["an empty entry in front", ", 192.0.2.7"],
  ["empty entries at the end", "192.0.2.7, ,,"],
  ["another header line in front", ["198.51.100.9", "192.0.2.7"]],
  ["an empty header line at the end", ["192.0.2.7", ""]],
  ["a port", "192.0.2.7:1"],
  ["another port", "192.0.2.7:2"],
  ["white space", " \t192.0.2.7 "],
  ["the IPv4-mapped form", "::ffff:192.0.2.7"],
  ["the IPv4-mapped form in hex, in brackets, with a port", "[::FFFF:C000:207]:9"],
];

test("a client cannot evade its limit with", async (t) => {
  const app = await behindProxy();
  assert.equal((await app.deliver(delivery(), { "X-Forwarded-For": "192.0.2.7" })).status, 200);
  for (const [title, value] of EVASIONS) {
    await t.test(title, async () => {
      const response = await app.request("/webhook", { method: "POST", body: "", headers: { "X-Forwarded-For": value } });
      assert.equal(response.status, 429);
    });
  }
  assert.equal((await app.deliver(delivery(), { "X-Forwarded-For": "192.0.2.8" })).status, 200);
});

test("a client cannot evade its limit with other addresses of its IPv6 network", ONLY_IN_FULL_RUN, async () => {
  const app = await behindProxy();
  const statuses: number[] = [];
  for (const address of ["2001:db8:0:1::1", "2001:db8:0:1::2", "[2001:DB8:0:1:ffff::3]:443", "2001:0db8:0000:0001::4%1", "2001:db8:0:2::1"]) {
    statuses.push((await app.deliver(delivery(), { "X-Forwarded-For": address })).status);
  }
  assert.deepEqual(statuses, [200, 429, 429, 429, 200]);
});

test("a client cannot evade its limit with invalid addresses: all of them count as the proxy's own", ONLY_IN_FULL_RUN, async () => {
  const app = await behindProxy();
  const statuses: number[] = [];
  for (const value of ["unknown", "_a", "x".repeat(9_000), "192.0.2.999", "", "127.0.0.1"]) {
    statuses.push((await app.deliver(delivery(), { "X-Forwarded-For": value })).status);
  }
  assert.deepEqual(statuses, [200, 429, 429, 429, 429, 429]);
});
