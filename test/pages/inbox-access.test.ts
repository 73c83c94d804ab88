import assert from "node:assert/strict";
import type { BrowserPage } from "../support/browser-page.ts";
import { accessibilityProblems, contrastProblems } from "../support/accessibility.ts";
import { browserTests, sharedInbox } from "../support/inbox-page.ts";
import { stored } from "../support/inbox-service.ts";
import { clickOn, countOf, focusOn, hasText, isOpen, isReady, isShown, openDetails, textOf, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../support/sweep.ts";

const browserTest = browserTests();
const MESSAGES = Array.from({ length: 120 }, (_, index) => stored(index, { text: index % 9 === 0 ? null : `Message number ${index} ${"word ".repeat(index % 40)}` }));
const shared = sharedInbox(MESSAGES);
const closed = sharedInbox([], { env: { API_TOKEN: "t" } });
const active = (): string | undefined => document.activeElement?.id || document.activeElement?.className;
const activeText = (): string | null | undefined => document.activeElement?.querySelector(".text")?.textContent;

browserTest("everything works by keyboard: skip link, filters, rows, detail, and the focus returns", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const stops: unknown[] = [];
  for (let stop = 0; stop < 4; stop += 1) {
    await page.press("Tab");
    stops.push(await page.evaluate(active));
  }
  assert.equal(stops[0], "skip-link");
  assert.equal(await page.evaluate(() => (document.querySelector(".skip-link")?.getBoundingClientRect().top ?? 0) < 0), true);
  // The links to the pages come between them.
  assert.equal(stops[3], "q");
  await page.evaluate(focusOn, "#show-help");
  await page.press("Tab");
  assert.equal(await page.evaluate(active), "row");
  assert.equal(await page.evaluate(countOf, '.row[tabindex="0"]'), 1);
  await page.press("ArrowDown");
  await page.press("ArrowDown");
  const third = String(await page.evaluate(textOf, "#rows li:nth-child(3) .text"));
  assert.equal(await page.evaluate(activeText), third);
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle), "none");
  await page.press("Enter");
  assert.equal(await page.evaluate(isOpen, "#detail"), true);
  for (let stop = 0; stop < 6; stop += 1) {
    assert.equal(await page.evaluate(() => document.querySelector("#detail")?.contains(document.activeElement) === true || document.activeElement === document.body), true);
    await page.press("Tab");
  }
  await page.press("Escape");
  assert.equal(await page.evaluate(isOpen, "#detail"), false);
  assert.equal(await page.evaluate(activeText), third);
  await page.press("Home");
  await page.press("ArrowUp");
  assert.equal(await page.evaluate(() => document.activeElement?.matches("#rows li:first-child .row")), true);
  await page.press("End");
  await page.until(() => document.querySelectorAll("#rows li").length > 50);
  await page.press("Tab", { shift: true });
  assert.notEqual(await page.evaluate(active), "row");
});

browserTest("the buttons of the detail filter by its sender and recipient", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  await page.click("#rows li:nth-child(2) .row");
  await page.until(isOpen, "#detail");
  assert.deepEqual(await page.evaluate(textsOf, "#detail-fields dt"), ["From", "To", "Sent", "Stored", "Id"]);
  await page.click("#detail-fields dd button");
  await page.until(() => document.querySelector<HTMLInputElement>("#from")?.value !== "");
  await page.until(hasText, "#count", "17 messages");
  assert.equal(await page.evaluate(isOpen, "#detail"), false);
}, ONLY_IN_FULL_RUN);

const SIZES = [["desktop", 1280, 860], ["tablet", 800, 1100], ["phone", 360, 740], ["narrow", 320, 640]] as const;
const LOOKS = (["light", "dark"] as const).flatMap((scheme) => SIZES.map((size) => [scheme, ...size] as const));

for (const [index, [scheme, size, width, height]] of LOOKS.entries()) {
  const only = { skip: oneOfMany(index, { every: 8 }) };
  browserTest(`${scheme} on a ${size}: labelled, structured, with enough contrast, no horizontal scrolling`, async (_t, newPage) => {
    const openPage = async (url: string): Promise<BrowserPage> => {
      const page = await newPage();
      await page.setSize(width, height);
      await page.setScheme(scheme);
      await page.open(url);
      return page;
    };
    const check = async (page: BrowserPage, state: string): Promise<void> => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true, `${state}: no horizontal scrolling`);
      assert.deepEqual(await page.evaluate(accessibilityProblems), [], state);
      assert.deepEqual(await page.evaluate(contrastProblems), [], state);
      // Chromium logs the 401s that the test causes.
      assert.deepEqual(page.problems.filter((problem) => !problem.includes("401")), [], state);
    };
    const page = await openPage((await shared()).url);
    await page.until(isReady);
    await page.evaluate(openDetails);
    await page.evaluate(() => document.querySelector("#more")?.setAttribute("aria-expanded", "true"));
    const background = String(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    assert.equal(background, scheme === "light" ? "rgb(246, 247, 249)" : "rgb(18, 22, 28)");
    await check(page, "list");
    await page.evaluate(clickOn, "#rows .row");
    await check(page, "detail");
    const locked = await openPage(`${(await closed()).url}/?q=a`);
    await locked.until(isShown, "#token");
    await check(locked, "token");
  }, only);
}

browserTest("nothing is animated if the user prefers reduced motion", async (_t, newPage) => {
  const service = await shared();
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const moving = await page.evaluate(() => [...document.querySelectorAll("*")].map((element) => getComputedStyle(element))
    .filter(({ transitionDuration, animationName }) => transitionDuration !== "0s" || animationName !== "none").length);
  assert.equal(moving, 0);
});
