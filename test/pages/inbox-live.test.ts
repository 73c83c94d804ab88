import assert from "node:assert/strict";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import {
  countOf, hasText, isHidden, isReady, isShown, isStream, isVisible, rowsAre, scrollDownTo, textOf,
} from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();

browserTest("a committed message appears at its position, is counted, and changes the totals", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "one" }), stored(3, { text: "three" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await service.commit(stored(4, { text: "four" }));
  await page.until(rowsAre, "four|three|one");
  await page.until(hasText, "#count", "3 messages");
  await service.commit(stored(2, { text: "two" }));
  await service.commit(stored(0, { text: "none" }));
  await page.until(rowsAre, "four|three|two|one|none");
  await page.until(() => document.querySelector("#announcements")?.textContent?.endsWith("arrived") === true);
  assert.deepEqual(page.problems, []);
});

browserTest("the first message replaces the text that there are none", async (t, newPage) => {
  const service = await startInboxService(t);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.equal(await page.evaluate(isVisible, "#first"), true);
  await service.commit(stored(1, { text: "one" }));
  await page.until(rowsAre, "one");
  await page.until(hasText, "#count", "1 message");
  assert.equal(await page.evaluate(textOf, "#end"), "");
  assert.equal(await page.evaluate(isVisible, "#first"), false);
}, ONLY_IN_FULL_RUN);

browserTest("only arriving messages that match the filters are shown", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "σας", from: "+2" })]);
  const page = await newPage();
  await page.open(`${service.url}/?q=${encodeURIComponent("Σ")}&from=%2B2`);
  await page.until(isReady);
  await service.commit(stored(2, { text: "ς", from: "+2" }));
  await service.commit(stored(3, { text: "ς", from: "+3" }));
  await service.commit(stored(4, { text: "s", from: "+2" }));
  await service.commit(stored(5, { text: "last σ", from: "+2" }));
  await page.until(rowsAre, "last σ|ς|σας");
}, ONLY_IN_FULL_RUN);

browserTest("a list that is scrolled down stays there, and the page announces new messages", async (t, newPage) => {
  const service = await startInboxService(t, Array.from({ length: 200 }, (_, index) => stored(index)));
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.evaluate(scrollDownTo, 1000);
  const inSight = (): string | null | undefined => document.elementFromPoint(500, 430)?.closest("li")?.textContent;
  const place = (): number | undefined => document.elementFromPoint(500, 430)?.closest("li")?.getBoundingClientRect().top;
  const seen = await page.evaluate(inSight);
  const before = Number(await page.evaluate(place));
  await service.commit(stored(500));
  await page.until(isShown, "#newer");
  assert.equal(await page.evaluate(textOf, "#newer"), "↑ 1 new message");
  assert.equal(await page.evaluate(inSight), seen);
  // A browser scrolls by whole pixels, but the height of a row depends on the font.
  assert.ok(Math.abs(Number(await page.evaluate(place)) - before) < 1);
  await page.click("#newer");
  await page.until(isHidden, "#newer");
  await page.until(() => document.activeElement?.textContent?.includes("Message number 500") === true);
}, ONLY_IN_FULL_RUN);

browserTest("a flood of messages does not enlarge the page", async (t, newPage) => {
  const service = await startInboxService(t, [stored(0)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  for (let index = 1; index <= 600; index += 150) await service.commit(...Array.from({ length: 150 }, (_, offset) => stored(index + offset)));
  await page.until(hasText, "#rows .text", "Message number 600");
  await page.until(hasText, "#count", "601 messages");
  assert.ok(Number(await page.evaluate(countOf, "#rows li")) <= 400);
}, ONLY_IN_FULL_RUN);

/** An event id names the generation and the seq. */
function seqOf(eventId: string | undefined): string | undefined {
  return eventId?.split(".").at(-1);
}

browserTest("an interrupted stream resumes after the last message", async (t, newPage) => {
  const service = await startInboxService(t, [stored(0, { text: "zero" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await service.commit(stored(1, { text: "one" }));
  await page.until(rowsAre, "one|zero");
  service.gateway.breakStreams();
  await page.until(isStream, "waiting");
  await service.commit(stored(2, { text: "two" }));
  await page.until(isStream, "live");
  await page.until(rowsAre, "two|one|zero");
  assert.deepEqual(service.gateway.resumed.map(seqOf), [undefined, "2"]);
});

browserTest("a stream that broke before any message arrived resumes from its beginning", async (t, newPage) => {
  const service = await startInboxService(t, [stored(0, { text: "zero" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  service.gateway.breakStreams();
  await page.until(isStream, "waiting");
  await service.commit(stored(1, { text: "missed" }));
  await page.until(rowsAre, "missed|zero");
  assert.deepEqual(service.gateway.resumed.map(seqOf), [undefined, "1"]);
}, ONLY_IN_FULL_RUN);
