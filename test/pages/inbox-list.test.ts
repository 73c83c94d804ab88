import assert from "node:assert/strict";
import { browserTests, READY, textsOf } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";

const browserTest = browserTests();
const ROWS = textsOf("#rows .text");

browserTest("an empty inbox says so, in the list and in the totals", async (t, newPage) => {
  const service = await startInboxService(t);
  const page = await newPage();
  await page.open(service.url);
  await page.until(READY);
  assert.deepEqual(await page.evaluate(ROWS), []);
  assert.equal(await page.evaluate(`document.querySelector("#end").textContent`), "No messages yet. They appear here as they arrive.");
  assert.deepEqual(await page.evaluate(textsOf("#count, #total-messages, #total-senders, #timeline-summary")), ["0 messages", "0", "0", "Nothing in the last 48 hours"]);
  assert.deepEqual(page.problems, []);
});

browserTest("the newest messages come first, with sender, recipient, time and text", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1), stored(3, { text: null }), stored(2)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(READY);
  assert.deepEqual(await page.evaluate(ROWS), ["no text", "Message number 2", "Message number 1"]);
  assert.deepEqual(await page.evaluate(textsOf("#rows li:nth-child(2) bdi")), ["+919876543202", "+14155550100"]);
  assert.equal(await page.evaluate(`document.querySelector("#rows li:nth-child(2) time").dateTime`), "2025-01-15T10:00:02Z");
  assert.deepEqual(await page.evaluate(textsOf("#count, #total-messages, #total-senders")), ["3 messages", "3", "3"]);
  assert.deepEqual(page.problems, []);
});

browserTest("scrolling fetches page after page to the end, without a gap or a repeat", async (t, newPage) => {
  const count = 230;
  const service = await startInboxService(t, Array.from({ length: count }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(READY);
  await page.evaluate("window.seen = new Set()");
  const look = `(() => { for (const row of document.querySelectorAll("#rows .text")) seen.add(row.textContent); scrollBy({ top: innerHeight, behavior: "instant" }); return seen.size; })()`;
  await page.until(`${look} === ${count}`);
  assert.equal(await page.evaluate(`document.querySelector("#end").textContent`), "");
  assert.ok(service.gateway.targets.filter((target) => target.includes("cursor=")).length >= 4);
});

browserTest("what the document holds stays bounded, and the way back up shows every message again", async (t, newPage) => {
  const count = 1000;
  const service = await startInboxService(t, Array.from({ length: count }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(READY);
  await page.evaluate("window.most = 0; window.seen = new Set()");
  const step = (pages: number): string => `(() => {
    const rows = document.querySelectorAll("#rows .text");
    most = Math.max(most, rows.length);
    for (const row of rows) seen.add(row.textContent);
    // Further only where rows cover the screen: what is scrolled past before it is there is not seen.
    const { top, bottom } = document.querySelector("#rows").getBoundingClientRect();
    if (top <= innerHeight / 2 && bottom >= innerHeight / 2) scrollBy({ top: ${pages} * innerHeight / 2, behavior: "instant" });
    return seen.size;
  })()`;
  await page.until(`${step(1)} === ${count}`);
  assert.ok(Number(await page.evaluate("most")) < 300, String(await page.evaluate("most")));
  // A late one, between two that are far above by now.
  await service.commit(stored(970.5, { message_id: "late", text: "late" }));
  await page.evaluate("seen.clear()");
  await page.until(`${step(-1)} === ${count + 1}`);
  assert.ok(Number(await page.evaluate("most")) < 300);
  await page.evaluate(`scrollTo({ top: 0, behavior: "instant" })`);
  await page.until("scrollY === 0 && document.querySelector('#rows .text').textContent === 'Message number 999'");
});

browserTest("End and a jump back to the top work however far it is", async (t, newPage) => {
  const service = await startInboxService(t, Array.from({ length: 1500 }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(READY);
  await page.until(`(scrollTo({ top: document.body.scrollHeight, behavior: "instant" }), document.querySelector("#rows li:last-child .text").textContent === "Message number 0")`);
  const before = service.gateway.targets.length;
  await page.evaluate(`scrollTo({ top: 0, behavior: "instant" })`);
  await page.until(`document.querySelector("#rows li:first-child .text").textContent === "Message number 1499" && scrollY === 0`);
  assert.ok(service.gateway.targets.length - before <= 5, "pages in between are not fetched");
});

browserTest("a list that fails says why and is asked for again on a key", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)]);
  service.gateway.before = ({ pathname }) => pathname !== "/messages" ? undefined : 503;
  const page = await newPage();
  await page.open(service.url);
  await page.until(`!document.querySelector("#notice").hidden`);
  assert.equal(await page.evaluate(`document.querySelector("#notice-text").textContent`), "the database cannot answer now, try again later");
  service.gateway.before = () => undefined;
  await page.evaluate(`document.querySelector("#notice-retry").focus()`);
  await page.press("Enter");
  await page.until(`${ROWS}.length === 1 && document.querySelector("#notice").hidden`);
});
