import assert from "node:assert/strict";
import type { BrowserPage } from "../support/browser-page.ts";
import { browserTests, untilLiveAgain } from "../support/inbox-page.ts";
import { startInboxService, stored, type InboxService } from "../support/inbox-service.ts";
import { isReady, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();
const UNAVAILABLE = 503;

interface View {
  readonly rows: number;
  readonly count: string;
  readonly above: boolean;
  readonly below: boolean;
  readonly end: string;
  readonly address: string;
}

function view(): View {
  const text = (id: string): string => document.getElementById(id)?.textContent ?? "";
  return {
    rows: document.querySelectorAll("#rows li").length,
    count: text("count"),
    above: document.getElementById("notice")?.checkVisibility() === true,
    below: document.getElementById("cut")?.checkVisibility() === true,
    end: text("end"),
    address: location.search,
  };
}

/** Refuses requests for lists until the returned function is called. */
function refuseLists(service: InboxService): () => void {
  service.gateway.before = ({ pathname }) => (pathname === "/messages" ? UNAVAILABLE : undefined);
  return () => {
    service.gateway.before = () => undefined;
  };
}

async function search(page: BrowserPage, text: string): Promise<void> {
  await page.click("#q");
  await page.type(text);
}

browserTest("after a failed search no rows or count of another URL remain, and the retry repeats the search", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "alpha" }), stored(2, { text: "beta" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const accept = refuseLists(service);
  await search(page, "alpha");
  await page.until(() => document.getElementById("notice")?.checkVisibility() === true);
  assert.deepEqual(await page.evaluate(view), { rows: 0, count: "", above: true, below: false, end: "", address: "?q=alpha" });
  accept();
  await page.evaluate(() => document.getElementById("notice-retry")?.click());
  await page.until(() => document.querySelectorAll("#rows li").length === 1 && document.querySelector("#rows")?.getAttribute("aria-busy") === "false");
  assert.deepEqual(await page.evaluate(textsOf, "#rows .text"), ["alpha"]);
  assert.deepEqual(await page.evaluate(view), { rows: 1, count: "1 message", above: false, below: false, end: "", address: "?q=alpha" });
});

browserTest("a failed request is retried automatically, and so are the totals", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "alpha" })]);
  service.gateway.before = ({ pathname }) => (pathname === "/messages" || pathname.startsWith("/stats") ? UNAVAILABLE : undefined);
  const page = await newPage();
  await page.open(`${service.url}/?q=ALPHA`);
  await page.until(() => document.getElementById("notice")?.checkVisibility() === true && document.getElementById("overview-notice")?.checkVisibility() === true);
  service.gateway.before = () => undefined;
  await page.until(() => document.querySelectorAll("#rows li").length === 1 && document.querySelector("#total-messages")?.textContent === "1");
  assert.deepEqual(await page.evaluate(view), { rows: 1, count: "1 message", above: false, below: false, end: "", address: "?q=ALPHA" });
  assert.equal(await page.evaluate(() => document.getElementById("overview-notice")?.checkVisibility()), false);
}, ONLY_IN_FULL_RUN);

browserTest("a list that cannot be continued says so at its end, with a button, and the live indicator stays visible", async (t, newPage) => {
  const service = await startInboxService(t, Array.from({ length: 400 }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await service.stop();
  await page.until(() => (scrollTo({ top: document.body.scrollHeight, behavior: "instant" }), document.getElementById("cut")?.checkVisibility() === true));
  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: "instant" }));
  const inSight = (): boolean => ["cut-retry", "live"].every((id) => {
    const { top, bottom } = document.getElementById(id)?.getBoundingClientRect() ?? new DOMRect(0, -1);
    return top >= 0 && bottom <= innerHeight;
  });
  assert.equal(await page.evaluate(inSight), true);
  const shown = Object(await page.evaluate(view));
  assert.deepEqual([shown.count, shown.above, shown.below, shown.end], ["400 messages", false, true, ""]);
  await service.startAgain();
  await untilLiveAgain(page);
  await page.until(() => (scrollTo({ top: document.body.scrollHeight, behavior: "instant" }), document.querySelector("#rows li:last-child .text")?.textContent === "Message number 0"));
  await page.until(isReady);
  assert.equal(await page.evaluate(() => document.getElementById("cut")?.checkVisibility()), false);
}, ONLY_IN_FULL_RUN);
