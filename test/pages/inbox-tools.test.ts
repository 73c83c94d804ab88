import assert from "node:assert/strict";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { hasText, isHidden, isReady, isShown, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const browserTest = browserTests();

browserTest("a paused list does not change and counts new messages, which appear afterwards", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1), stored(2)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.click("#pause");
  await service.commit(stored(3), stored(4));
  await page.until(() => document.querySelector("#newer")?.textContent === "↑ 2 new messages");
  assert.equal(await page.evaluate(() => document.querySelectorAll("#rows li").length), 2);
  assert.equal(await page.evaluate(() => document.title.startsWith("(2) ")), true);
  await page.click("#pause");
  await page.until(() => document.querySelectorAll("#rows li").length === 4 && document.querySelector<HTMLElement>("#newer")?.hidden === true);
}, ONLY_IN_FULL_RUN);

browserTest("the filtered messages are saved as CSV for Excel and as NDJSON, streamed from the API", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { from: "+1" }), stored(2, { from: "+2" })]);
  const page = await newPage();
  await page.open(`${service.url}/?from=%2B2`);
  await page.until(isReady);
  await page.click("#export-csv");
  await page.click("#export-ndjson");
  const wanted = ["/messages?from=%2B2&format=csv&bom=1", "/messages?from=%2B2&format=ndjson"];
  await until("both files are requested", () => wanted.every((target) => service.gateway.targets.includes(target)));
});

browserTest("an export that fails says why, and a later one clears the text", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)], { env: { API_TOKEN: "right" } });
  const page = await newPage();
  await page.open(service.url);
  await page.until(isShown, "#token");
  await page.type("right");
  await page.press("Enter");
  await page.until(isReady);
  service.gateway.before = ({ searchParams }) => (searchParams.has("format") ? 503 : undefined);
  await page.click("#export-csv");
  await page.until(hasText, "#export-notice", "The messages were not saved: the database is unavailable, try again later");
  service.gateway.before = () => undefined;
  await page.click("#export-csv");
  await page.until(isHidden, "#export-notice");
  await service.stop();
  await page.click("#export-ndjson");
  await page.until(isShown, "#export-notice");
}, ONLY_IN_FULL_RUN);

browserTest("the key / focuses the search", async (t, newPage) => {
  const service = await startInboxService(t);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.press("/");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "q");
}, ONLY_IN_FULL_RUN);

browserTest("the key ? lists the keys, Escape closes the list and the focus returns; in a field it types a question mark", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.evaluate(() => document.querySelector<HTMLElement>("#rows .row")?.focus());
  await page.press("?");
  assert.equal(await page.evaluate(() => document.querySelector<HTMLDialogElement>("#help")?.open), true);
  assert.equal(await page.evaluate(() => document.querySelector("#help")?.contains(document.activeElement)), true);
  const keys = String(await page.evaluate(textsOf, "#help kbd"));
  for (const key of ["/", "?", "j", "k", "Enter", "Escape"]) assert.ok(keys.split(",").includes(key), key);
  await page.press("Escape");
  assert.equal(await page.evaluate(() => document.querySelector<HTMLDialogElement>("#help")?.open), false);
  assert.equal(await page.evaluate(() => document.activeElement?.className), "row");
  await page.click("#show-help");
  assert.equal(await page.evaluate(() => document.querySelector<HTMLDialogElement>("#help")?.open), true);
  await page.press("Escape");
  await page.click("#q");
  await page.press("?");
  assert.equal(await page.evaluate(() => document.querySelector<HTMLDialogElement>("#help")?.open), false);
}, ONLY_IN_FULL_RUN);

browserTest("the list comes before the charts in the focus order, and the skip link leads to it", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.equal(await page.evaluate(() => {
    const [list, charts] = ["rows", "overview"].map((id) => document.getElementById(id) ?? document.body);
    return list?.compareDocumentPosition(charts ?? list) === Node.DOCUMENT_POSITION_FOLLOWING;
  }), true);
  await page.press("Tab");
  await page.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "messages");
}, ONLY_IN_FULL_RUN);
