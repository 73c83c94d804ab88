import assert from "node:assert/strict";
import type { BrowserPage } from "../support/browser-page.ts";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { focusOn, hasText, isHidden, isReady, scrollDownTo, textOf, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const browserTest = browserTests();

/** Records the texts in the page, and scrolls by this many screens. Returns the number of different texts so far. */
function walk(screens: number): number {
  const walked: { seen: Set<string | null>; most: number } = (Object(window).walked ??= { seen: new Set(), most: 0 });
  const rows = document.querySelectorAll("#rows .text");
  walked.most = Math.max(walked.most, rows.length);
  for (const row of rows) walked.seen.add(row.textContent);
  // Scrolls only if rows cover the screen, because rows that are scrolled past before they are rendered are not recorded.
  const { top, bottom } = document.querySelector("#rows")?.getBoundingClientRect() ?? new DOMRect();
  if (top <= innerHeight / 2 && bottom >= innerHeight / 2) scrollBy({ top: screens * innerHeight, behavior: "instant" });
  return walked.seen.size;
}

/** The maximum number of rows in the page during the walk. */
function maxRows(): unknown {
  return Object(window).walked.most;
}

browserTest("an empty inbox says so, in the list and in the totals", async (t, newPage) => {
  const service = await startInboxService(t);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.deepEqual(await page.evaluate(textsOf, "#rows .text"), []);
  assert.equal(await page.evaluate(textOf, "#end"), "No messages yet. They appear here as they arrive.");
  assert.deepEqual(await page.evaluate(textsOf, "#count, #total-messages, #total-senders, #timeline-summary"), ["0 messages", "0", "0", "No messages in the last 48 hours"]);
  assert.deepEqual(page.problems, []);
}, ONLY_IN_FULL_RUN);

browserTest("the newest messages come first, with sender, recipient, time and text", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1), stored(3, { text: null }), stored(2)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.deepEqual(await page.evaluate(textsOf, "#rows .text"), ["no text", "Message number 2", "Message number 1"]);
  assert.deepEqual(await page.evaluate(textsOf, "#rows li:nth-child(2) bdi"), ["+919876543202", "+14155550100"]);
  assert.equal(await page.evaluate(() => document.querySelector<HTMLTimeElement>("#rows li:nth-child(2) time")?.dateTime), "2025-01-15T10:00:02Z");
  assert.deepEqual(await page.evaluate(textsOf, "#count, #total-messages, #total-senders"), ["3 messages", "3", "3"]);
  assert.deepEqual(page.problems, []);
});

/** Scrolls through the page until it has shown this many messages. */
async function untilWalked(page: BrowserPage, screens: number, count: number): Promise<void> {
  await until(`the page has shown ${count} messages`, async () => (await page.evaluate(walk, screens)) === count);
}

browserTest("scrolling fetches page after page to the end, without gaps or repeats", async (t, newPage) => {
  const count = 230;
  const service = await startInboxService(t, Array.from({ length: count }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await untilWalked(page, 1, count);
  assert.equal(await page.evaluate(textOf, "#end"), "");
  assert.ok(service.gateway.targets.filter((target) => target.includes("cursor=")).length >= 4);
});

browserTest("the number of rows in the document is bounded, and scrolling back up shows every message again", async (t, newPage) => {
  const count = 1000;
  const service = await startInboxService(t, Array.from({ length: count }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await untilWalked(page, 0.5, count);
  assert.ok(Number(await page.evaluate(maxRows)) < 300, String(await page.evaluate(maxRows)));
  // A late message, between two that are far above by now.
  await service.commit(stored(count - 29.5, { message_id: "late", text: "late" }));
  await page.evaluate(() => Object(window).walked.seen.clear());
  await untilWalked(page, -0.5, count + 1);
  assert.ok(Number(await page.evaluate(maxRows)) < 300);
  await page.evaluate(scrollDownTo, 0);
  await page.until((newest) => scrollY === 0 && document.querySelector("#rows .text")?.textContent === newest, `Message number ${count - 1}`);
}, ONLY_IN_FULL_RUN);

browserTest("End and a jump back to the top work at any distance", async (t, newPage) => {
  const count = 1500;
  const service = await startInboxService(t, Array.from({ length: count }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.until(() => {
    scrollTo({ top: document.body.scrollHeight, behavior: "instant" });
    return document.querySelector("#rows li:last-child .text")?.textContent === "Message number 0";
  });
  const before = service.gateway.targets.length;
  await page.evaluate(scrollDownTo, 0);
  await page.until((newest) => scrollY === 0 && document.querySelector("#rows li:first-child .text")?.textContent === newest, `Message number ${count - 1}`);
  assert.ok(service.gateway.targets.length - before <= 5, "pages in between are not fetched");
}, ONLY_IN_FULL_RUN);

browserTest("a list that fails says why, and a key requests it again", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)]);
  service.gateway.before = ({ pathname }) => pathname !== "/messages" ? undefined : 503;
  const page = await newPage();
  await page.open(service.url);
  // The list is also requested again as soon as the stream is open.
  await page.until(hasText, "#notice-text", "the database is unavailable, try again later");
  service.gateway.before = () => undefined;
  await page.evaluate(focusOn, "#notice-retry");
  await page.press("Enter");
  await page.until(isHidden, "#notice");
  await page.until(() => document.querySelectorAll("#rows .text").length === 1);
}, ONLY_IN_FULL_RUN);
