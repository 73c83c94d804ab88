import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

const TOKEN = "a+token/with=&%";
/** With a rate limit, which does not count handshakes. */
const shared = sharedApp({ env: { WEBHOOK_VERIFY_TOKEN: TOKEN, WEBHOOK_RATE_LIMIT: "1" } });
const SUBSCRIBE = `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(TOKEN)}`;
const LONGEST = "azAZ09_-".repeat(32);

const accepted: readonly (readonly [string, string, string])[] = [
  ["a number, as the platform sends it", `${SUBSCRIBE}&hub.challenge=1158201444`, "1158201444"],
  ["every allowed character, 256 of them", `${SUBSCRIBE}&hub.challenge=${LONGEST}`, LONGEST],
  ["another order, and unknown parameters", `hub.challenge=1&x=2&${SUBSCRIBE}`, "1"],
  ["names that are percent-encoded", `hub%2Emode=subscribe&hub%2Everify_token=${encodeURIComponent(TOKEN)}&hub%2Echallenge=1`, "1"],
  ["an unencoded plus sign", `${SUBSCRIBE.replace("%2B", "+")}&hub.challenge=1`, "1"],
  ["repeated parameters, of which the last wins", `hub.mode=x&hub.verify_token=x&hub.challenge=x&${SUBSCRIBE}&hub.challenge=1`, "1"],
];

const refused: readonly (readonly [string, string, RegExp])[] = [
  ["no parameters", "", /^hub\.mode must be subscribe$/],
  ["no mode", SUBSCRIBE.replace("hub.mode=subscribe&", "hub.challenge=1&"), /^hub\.mode must be subscribe$/],
  ["another mode", `${SUBSCRIBE}&hub.mode=unsubscribe&hub.challenge=1`, /^hub\.mode must be subscribe$/],
  ["no token", "hub.mode=subscribe&hub.challenge=1", /^hub\.verify_token must be given$/],
  ["an empty token", "hub.mode=subscribe&hub.verify_token=&hub.challenge=1", /^hub\.verify_token must equal WEBHOOK_VERIFY_TOKEN/],
  ["another token", "hub.mode=subscribe&hub.verify_token=a&hub.challenge=1", /^hub\.verify_token must equal WEBHOOK_VERIFY_TOKEN/],
  ["the token in another case", `${SUBSCRIBE.toLowerCase().replace("a%2b", "A%2B")}&hub.challenge=1`, /^hub\.verify_token must equal WEBHOOK_VERIFY_TOKEN/],
  ["the token and one more character", `${SUBSCRIBE}x&hub.challenge=1`, /^hub\.verify_token must equal WEBHOOK_VERIFY_TOKEN/],
  ["a malformed escape", "hub.mode=subscribe&hub.verify_token=%&hub.challenge=1", /^hub\.verify_token must equal WEBHOOK_VERIFY_TOKEN/],
  ["no challenge", SUBSCRIBE, /^hub\.challenge must be 1 to 256/],
  ["an empty challenge", `${SUBSCRIBE}&hub.challenge=`, /^hub\.challenge must be 1 to 256/],
  ["257 characters", `${SUBSCRIBE}&hub.challenge=${LONGEST}a`, /^hub\.challenge must be 1 to 256/],
  ["markup in the challenge", `${SUBSCRIBE}&hub.challenge=%3Cscript%3E`, /^hub\.challenge must be 1 to 256/],
  ["a line feed after the challenge", `${SUBSCRIBE}&hub.challenge=1%0A`, /^hub\.challenge must be 1 to 256/],
];

test("GET /webhook returns the challenge as text", async (t) => {
  const app = await shared();
  for (const [title, query, challenge] of accepted) {
    await t.test(title, async () => {
      const response = await app.request(`/webhook?${query}`);
      assert.deepEqual([response.status, response.body], [200, challenge]);
      assert.equal(response.headers["content-type"], "text/plain; charset=utf-8");
      assert.equal(response.headers["x-content-type-options"], "nosniff");
    });
  }
  const head = await app.request(`/webhook?${SUBSCRIBE}&hub.challenge=1158201444`, { method: "HEAD" });
  assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", "10"]);
});

test("a refused handshake gets 403 and a detail that gives the reason but no value:", async (t) => {
  const app = await shared();
  for (const [title, query, detail] of refused) {
    await t.test(title, async () => {
      const response = await app.request(`/webhook?${query}`);
      assert.equal(response.status, 403);
      assert.match(String(at(response.json, "detail")), detail);
      assert.ok(!response.body.includes(TOKEN));
    });
  }
});

test("a handshake is neither logged nor counted as a delivery, and its log line does not show the token", async () => {
  const app = await shared();
  const refusals = async (): Promise<number> =>
    Number(/^http_requests_total\{method="GET",path="\/webhook",status="403"\} (\d+)$/m.exec((await app.request("/metrics")).body)?.[1] ?? 0);
  const before = await refusals();
  await app.request(`/webhook?${SUBSCRIBE}&hub.challenge=1`);
  await app.request("/webhook");
  const lines = (await app.requestLines(3)).slice(1);
  assert.deepEqual(lines.map((line) => [line["method"], line["path"], line["status"], "result" in line]), [
    ["GET", "/webhook", 200, false], ["GET", "/webhook", 403, false],
  ]);
  assert.ok(!app.rawLog().includes(TOKEN) && !app.rawLog().includes("hub."));
  const { body } = await app.request("/metrics");
  assert.deepEqual(body.match(/^webhook_requests_total\{.*\} [^0].*$/gm), null);
  assert.equal(await refusals(), before + 1);
});
