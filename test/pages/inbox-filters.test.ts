import assert from "node:assert/strict";
import { browserTests, sharedInbox } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { countOf, hasText, isHidden, isOpen, isReady, rowTexts, rowsAre, search, textOf, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();

const MESSAGES = [
  stored(1, { text: "alpha", from: "+1", to: "+7" }),
  stored(2, { text: "beta", from: "+2", to: "+7" }),
  stored(3, { text: "Alphabet", from: "+2", to: "+8" }),
];
const shared = sharedInbox(MESSAGES);

browserTest("a search starts while typing, once for quick keystrokes, and marks its matches", async (t, newPage) => {
  const service = await startInboxService(t, [...MESSAGES]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.click("#q");
  for (const key of "alpha") await page.type(key);
  await page.until(rowsAre, "Alphabet|alpha");
  assert.deepEqual(await page.evaluate(textsOf, "mark"), ["Alpha", "alpha"]);
  assert.equal(await page.evaluate(search), "?q=alpha");
  assert.equal(await page.evaluate(textOf, "#announcements"), "2 messages found");
  assert.deepEqual(service.gateway.targets.filter((target) => target.startsWith("/messages?q=a")).map((target) => new URLSearchParams(target.split("?")[1]).get("q")), ["alpha"]);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "q");
});

browserTest("a slow search says so, and the layout does not shift when its response arrives", async (t, newPage) => {
  const service = await startInboxService(t, [...MESSAGES]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  service.gateway.before = ({ pathname }) => pathname !== "/messages" ? undefined : released;
  const listTop = (): number | undefined => document.querySelector(".list")?.getBoundingClientRect().top;
  const saysSo = (): boolean => getComputedStyle(document.querySelector(".slow") ?? document.body).visibility === "visible";
  const before = await page.evaluate(listTop);
  assert.equal(await page.evaluate(saysSo), false);
  await page.click("#q");
  await page.type("beta");
  await page.until(saysSo);
  release(undefined);
  await page.until(rowsAre, "beta");
  await page.until(() => getComputedStyle(document.querySelector(".slow") ?? document.body).visibility === "hidden");
  assert.equal(await page.evaluate(listTop), before);
}, ONLY_IN_FULL_RUN);

browserTest("a response that arrives after that of a later search is dropped", async (t, newPage) => {
  const service = await startInboxService(t, [...MESSAGES]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const { promise: early, resolve: release } = Promise.withResolvers<undefined>();
  const { promise: requested, resolve: onRequested } = Promise.withResolvers<undefined>();
  service.gateway.before = ({ pathname, searchParams }) => {
    if (pathname !== "/messages" || searchParams.get("q") !== "b") return undefined;
    onRequested(undefined);
    return early;
  };
  await page.click("#q");
  await page.type("b");
  await requested;
  await page.type("eta");
  await page.until(rowsAre, "beta");
  release(undefined);
  // A request that completes even later finds the page as the later search left it.
  await page.evaluate(() => fetch("/stats").then((response) => response.text()));
  assert.equal(await page.evaluate(rowTexts), "beta");
  assert.equal(await page.evaluate(search), "?q=beta");
}, ONLY_IN_FULL_RUN);

browserTest("sender, recipient and times filter the list, appear in the URL, and are all cleared at once", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.click("#from");
  await page.type("2");
  await page.until(rowsAre, "Alphabet|beta");
  await page.click("#to");
  await page.type("+7");
  await page.until(rowsAre, "beta");
  assert.equal(await page.evaluate(search), "?from=%2B2&to=%2B7");
  await page.click("#clear");
  await page.until(rowsAre, "Alphabet|beta|alpha");
  assert.equal(await page.evaluate(search), "");
  assert.equal(await page.evaluate(isHidden, "#clear"), true);
  await page.evaluate(() => {
    const since = document.querySelector<HTMLInputElement>("#since");
    if (since !== null) since.value = "2025-01-15T10:00:02";
    since?.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.until(rowsAre, "Alphabet|beta");
  assert.equal(await page.evaluate(search), "?since=2025-01-15T10%3A00%3A02Z");
}, ONLY_IN_FULL_RUN);

browserTest("a URL with filters shows the filtered list and fills the fields", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(`${service.url}/?q=ALPHA&from=+2&until=2025-01-15T10:00:04Z`);
  await page.until(isReady);
  assert.equal(await page.evaluate(rowTexts), "Alphabet");
  assert.deepEqual(await page.evaluate(() => ["#q", "#from", "#to", "#since", "#until"].map((selector) => document.querySelector<HTMLInputElement>(selector)?.value)), ["ALPHA", "+2", "", "", "2025-01-15T10:00:04"]);
});

browserTest("the page says if nothing matches the filters, and names a parameter that the service refuses", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(`${service.url}/?q=nothing`);
  await page.until(isReady);
  assert.equal(await page.evaluate(textOf, "#end"), "No message matches these filters");
});

browserTest("a top sender and a bar of the chart filter the list, and the chart counts by hours or by days", async (t, newPage) => {
  const service = await startInboxService(t, [...MESSAGES, stored(90_000, { text: "next day", from: "+1" }), stored(90_001, { text: "too", from: "+1" })]);
  const page = await newPage();
  await page.open(`${service.url}/?until=2025-01-16T12:00:00Z`);
  await page.until(isReady);
  assert.deepEqual(await page.evaluate(textsOf, "#senders .sender"), ["+1: 3 messages", "+2: 2 messages"]);
  assert.equal(await page.evaluate(countOf, "#timeline-chart rect"), 2);
  assert.match(String(await page.evaluate(() => document.querySelector("#timeline-chart svg")?.getAttribute("aria-label"))), /^Messages by hour: 5 messages in 48 hours up to .*: 3$/);
  await page.click("#by-day");
  await page.until(() => document.querySelector("#timeline-summary")?.textContent?.includes("60 days") === true);
  assert.deepEqual(await page.evaluate(textsOf, "#timeline-rows td"), ["2", "3"]);
  // Two days with 3 and 2 messages: the click is in the space above the lower bar.
  const isAboveLower = await page.evaluate(() => {
    const [high, low] = document.querySelectorAll("#timeline-chart g");
    if (high === undefined || low === undefined) return undefined;
    const { left, width } = low.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, high.getBoundingClientRect().top + 3)?.parentNode === low;
  });
  assert.equal(isAboveLower, true);
  await page.evaluate(() => document.querySelector("#timeline-chart rect")?.dispatchEvent(new MouseEvent("click", { bubbles: true })));
  await page.until(rowsAre, "Alphabet|beta|alpha");
  assert.equal(await page.evaluate(search), "?since=2025-01-15T00%3A00%3A00Z&until=2025-01-16T00%3A00%3A00Z");
  await page.click("#senders li:nth-child(2) button");
  await page.until(rowsAre, "Alphabet|beta");
}, ONLY_IN_FULL_RUN);

browserTest("part of a sender matches nothing, and the page suggests the numbers that begin with it", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(`${service.url}/?from=%2B`);
  await page.until(isReady);
  await page.until(() => document.querySelectorAll("#suggestions button").length === 2);
  await page.evaluate(() => document.querySelector<HTMLElement>("#suggestions button")?.click());
  await page.until(rowsAre, "Alphabet|beta");
  assert.equal(await page.evaluate(() => document.querySelector("#suggestions")?.checkVisibility()), false);
}, ONLY_IN_FULL_RUN);

browserTest("part of a recipient matches nothing, and the page says why", async (_t, newPage) => {
  const page = await newPage();
  await page.open(`${(await shared()).url}/?to=%2B`);
  await page.until(isReady);
  assert.equal(await page.evaluate(textOf, "#suggestions"), "The recipient is matched exactly: + must be the whole number.");
}, ONLY_IN_FULL_RUN);

browserTest("an id that is typed into the search opens its message", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  await page.click("#q");
  await page.type(" m0000002 ");
  await page.until(hasText, "#suggestions button", "Open m0000002");
  await page.click("#suggestions button");
  await page.until(isOpen, "#detail");
  assert.equal(await page.evaluate(textOf, "#detail-text"), "beta");
  await page.press("Escape");
  await page.until(() => new URLSearchParams(location.search).get("q") === " m0000002 " && !location.search.includes("message"));
}, ONLY_IN_FULL_RUN);
