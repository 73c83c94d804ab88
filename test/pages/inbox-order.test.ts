import assert from "node:assert/strict";
import { browserTests } from "../support/inbox-page.ts";
import { isReady, rowsAre, rowTexts } from "../support/page-scripts.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const browserTest = browserTests();

browserTest("in the order of receipt a message of the year 2099 is in its position, arriving messages come first, and the URL has the order", async (t, newPage) => {
  const service = await startInboxService(t, []);
  for (const message of [stored(5, { text: "one" }), stored(6, { ts: "2099-12-31T00:00:00Z", text: "future" }), stored(1, { text: "late" })]) await service.commit(message);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.equal(await page.evaluate(rowTexts), "future|one|late");
  await page.click("#by-received");
  await page.until(rowsAre, "late|future|one");
  assert.equal(await page.evaluate(() => location.search), "?order=received");
  // The row shows the time of receipt, which is today.
  assert.notEqual(await page.evaluate(() => document.querySelector<HTMLTimeElement>("#rows li:nth-child(2) time")?.dateTime.slice(0, 4)), "2099");
  assert.equal(await page.evaluate(() => document.querySelector("#rows li:nth-child(2) .flag")?.textContent), "future date");
  await service.commit(stored(0, { text: "older still" }));
  await page.until(rowsAre, "older still|late|future|one");
  await page.click("#export-csv");
  const wanted = "/messages?order=received&format=csv&bom=1";
  await until("the export is requested", () => service.gateway.targets.includes(wanted));
  await page.evaluate(() => history.back());
  await page.until(rowsAre, "future|one|late|older still");
  assert.equal(await page.evaluate(() => document.querySelector("#by-sent")?.getAttribute("aria-pressed")), "true");
  assert.deepEqual(page.problems, []);
});

/** Scrolls if rows cover the screen. Returns whether all rows have been seen; throws if a row occurs twice. */
function scrollOn({ steps, count }: { readonly steps: number; readonly count: number }): boolean {
  const rows = [...document.querySelectorAll("#rows .text")].map((row) => row.textContent ?? "");
  if (new Set(rows).size !== rows.length) throw new Error("a row occurs twice");
  const known: string[] = JSON.parse(sessionStorage.getItem("seen") ?? "[]");
  const seen = new Set([...known, ...rows]);
  sessionStorage.setItem("seen", JSON.stringify([...seen]));
  const { top, bottom } = document.querySelector("#rows")?.getBoundingClientRect() ?? new DOMRect();
  if (top <= innerHeight / 2 && bottom >= innerHeight / 2) scrollBy({ top: (steps * innerHeight) / 2, behavior: "instant" });
  return seen.size === count;
}

browserTest("in the order of receipt, scrolling down and up fetches page after page, without gaps or repeats", async (t, newPage) => {
  const count = 700;
  // Received in a different order than sent.
  const service = await startInboxService(t, Array.from({ length: count }, (_, index) => stored((index * 389) % count)));
  const page = await newPage();
  await page.open(`${service.url}/?order=received`);
  await page.until(isReady);
  await page.until(scrollOn, { steps: 1, count });
  await page.evaluate(() => sessionStorage.removeItem("seen"));
  await page.until(scrollOn, { steps: -1, count });
}, ONLY_IN_FULL_RUN);

browserTest("the chart counts the messages that match the filters", async (t, newPage) => {
  const recent = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  const service = await startInboxService(t, [
    stored(1, { ts: recent(1), from: "+1", to: "+7", text: "alpha" }), stored(2, { ts: recent(2), from: "+2", to: "+7", text: "beta" }), stored(3, { ts: recent(3), from: "+2", to: "+8", text: "Alphabet" }),
  ]);
  const page = await newPage();
  for (const [query, count] of [["", "3 messages"], ["?q=ALPHA", "2 messages"], ["?from=%2B1", "1 message"], ["?to=%2B7", "2 messages"], ["?to=%2B7&q=b", "1 message"], ["?q=none", "No messages"]] as const) {
    await page.open(service.url + query);
    await page.until(isReady);
    await page.until((start) => document.querySelector("#timeline-summary")?.textContent?.startsWith(`${start} in the last 48 hours`) === true, count);
  }
  await page.click("#clear");
  await page.until(() => document.querySelector("#timeline-summary")?.textContent?.startsWith("3 messages in") === true);
}, ONLY_IN_FULL_RUN);
