import assert from "node:assert/strict";
import { browserTests, untilLiveAgain } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { hasText, isReady, rowsAre, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../support/sweep.ts";

const browserTest = browserTests();
const MANY = Array.from({ length: 160 }, (_, index) => stored(index));

function firstText(): string | undefined {
  return document.querySelector("#rows .text")?.textContent ?? undefined;
}

function isFirst(text: string): boolean {
  return document.querySelector("#rows .text")?.textContent === text;
}

function pill(): string {
  const button = document.querySelector<HTMLButtonElement>("#newer");
  return button?.hidden === false ? (button.textContent ?? "") : "";
}

browserTest("a list at the top stays at the top, however many messages arrive", async (t, newPage) => {
  const service = await startInboxService(t, MANY);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const single = 16;
  for (let index = 1000; index < 1000 + single; index += 1) {
    await service.commit(stored(index));
    await page.until(isFirst, `Message number ${index}`);
    assert.equal(await page.evaluate(() => scrollY), 0);
  }
  // A flood that keeps changing the rows.
  const bursts = 10;
  for (let index = 2000; index < 2000 + bursts * 40; index += 40) {
    await service.commit(...Array.from({ length: 40 }, (_, offset) => stored(index + offset)));
    await page.until(isFirst, `Message number ${index + 39}`);
    assert.equal(await page.evaluate(() => scrollY), 0);
    assert.ok(Number(await page.evaluate(() => document.querySelectorAll("#rows li").length)) <= 300);
  }
  assert.equal(await page.evaluate(pill), "");
  await page.until(hasText, "#count", `${MANY.length + single + bursts * 40} messages`);
}, ONLY_IN_FULL_RUN);

const REASONS: readonly (readonly [title: string, hold: () => void, release: () => void])[] = [
  ["a message is open", () => document.querySelector<HTMLElement>("#rows .row")?.click(), () => document.querySelector<HTMLDialogElement>("#detail")?.close()],
  ["the focus is on a row", () => document.querySelector<HTMLElement>("#rows .row")?.focus(), () => document.querySelector<HTMLElement>("#q")?.focus()],
  [
    "text of a row is selected",
    () => getSelection()?.selectAllChildren(document.querySelector("#rows .text") ?? document.body),
    () => getSelection()?.removeAllRanges(),
  ],
];

for (const [index, [title, hold, release]] of REASONS.entries()) {
  browserTest(`while ${title}, no row moves and the pill counts new messages, which appear afterwards`, async (t, newPage) => {
    const service = await startInboxService(t, MANY);
    const page = await newPage();
    await page.open(service.url);
    await page.until(isReady);
    await page.evaluate(hold);
    const before = await page.evaluate(textsOf, "#rows .text");
    await service.commit(stored(1000), stored(1001), stored(-5));
    await page.until(() => document.querySelector("#newer")?.textContent === "↑ 3 new messages");
    assert.deepEqual(await page.evaluate(textsOf, "#rows .text"), before);
    await page.evaluate(release);
    // A closed dialog returns the focus to its row, which holds the list too.
    await page.evaluate(() => document.querySelector<HTMLElement>("#q")?.focus());
    await page.until(isFirst, "Message number 1001");
    assert.equal(await page.evaluate(pill), "");
    assert.equal(await page.evaluate(() => scrollY), 0);
  }, { skip: oneOfMany(index, { every: REASONS.length }) });
}

browserTest("while the pointer is on a row, the row does not move", async (t, newPage) => {
  const service = await startInboxService(t, MANY);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const [x, y] = Object(await page.evaluate(() => {
    const { left, top } = document.querySelector("#rows li:nth-child(3)")?.getBoundingClientRect() ?? new DOMRect();
    return [left + 50, top + 10];
  }));
  await page.command("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  await service.commit(stored(1000));
  await page.until(() => document.querySelector("#newer")?.textContent === "↑ 1 new message");
  assert.equal(await page.evaluate(firstText), "Message number 159");
  await page.command("Input.dispatchMouseEvent", { type: "mouseMoved", x, y: 10 });
  await page.until(isFirst, "Message number 1000");
}, ONLY_IN_FULL_RUN);

browserTest("if the service returns to an earlier state, the list is loaded again, and the page says so", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1), stored(2), stored(3)]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.equal(await page.evaluate(() => document.querySelector("#history")?.checkVisibility()), false);
  await service.stop();
  await service.startAgain({ emptied: true });
  await service.commit(stored(7, { text: "another life" }));
  await untilLiveAgain(page);
  await page.until(rowsAre, "another life");
  await page.until(() => document.querySelector("#history")?.checkVisibility() === true);
  await page.until(isReady);
  await service.commit(stored(8, { text: "continues" }));
  await page.until(rowsAre, "continues|another life");
  await page.click("#history-close");
  assert.equal(await page.evaluate(() => document.querySelector("#history")?.checkVisibility()), false);
}, ONLY_IN_FULL_RUN);

browserTest("an interruption, another tab or a restart of the service changes neither the scroll position nor the focus", async (t, newPage) => {
  const service = await startInboxService(t, MANY);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.evaluate(() => scrollTo({ top: 1000, behavior: "instant" }));
  await page.until(() => scrollY === 1000 && document.querySelectorAll("#rows li").length >= 100);
  await page.evaluate(() => {
    const row = [...document.querySelectorAll<HTMLElement>("#rows .row")].find((element) => element.getBoundingClientRect().top > 200);
    row?.focus({ preventScroll: true });
    row?.setAttribute("data-read", "");
  });
  const isInPlace = (): boolean => scrollY === 1000 && document.activeElement?.hasAttribute("data-read") === true;
  const lists = (): number => service.gateway.targets.filter((target) => target.startsWith("/messages")).length;
  const before = lists();

  service.gateway.breakStreams();
  await page.until(() => document.querySelector<HTMLElement>("#live")?.dataset["state"] === "waiting");
  await page.until(isReady);
  assert.equal(await page.evaluate(isInPlace), true);
  await service.stop();
  await page.until(() => document.querySelector<HTMLElement>("#live")?.dataset["state"] === "waiting");
  await service.startAgain();
  await untilLiveAgain(page);
  await page.until(isReady);
  assert.equal(await page.evaluate(isInPlace), true);
  // The number of attempts depends on how long the service was unreachable.
  assert.deepEqual(new Set(service.gateway.resumed.slice(1).map((id) => id !== undefined)), new Set([true]));
  assert.equal(lists(), before);

  // Messages that were committed meanwhile arrive through the stream.
  service.gateway.breakStreams();
  await service.commit(stored(1000));
  await page.until(() => document.querySelector("#newer")?.textContent === "↑ 1 new message");
  assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute("data-read")), true);
}, ONLY_IN_FULL_RUN);
