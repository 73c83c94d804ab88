import assert from "node:assert/strict";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { clickOn, countOf, isReady, textOf, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();

function fitsItsWidth(selector: string): boolean {
  const element = document.querySelector(selector);
  return element !== null && element.scrollWidth <= element.clientWidth;
}

function isCloseButtonVisible(): boolean {
  const close = document.querySelector("#detail-close");
  const { left, top } = close?.getBoundingClientRect() ?? new DOMRect();
  return close !== null && document.elementFromPoint(left + 5, top + 5) === close;
}

const HOSTILE: readonly (readonly [title: string, text: string])[] = [
  ["a script", "<script>window.hacked = true</script>"],
  ["an image with a handler", `<img src="http://evil.example/x" onerror="window.hacked = true">`],
  ["a closing tag and an attribute", `</bdi></button>" autofocus onfocus="window.hacked = true" x="`],
  ["an entity", "&lt;b&gt; &amp; &#x202E;"],
  ["a link", "javascript:window.hacked=true"],
  ["a direction override", "\u202Eevil\u202D \u2067isolated"],
  ["zero-width and combining characters", `a\u200B\u0300${"\u0301".repeat(200)}`],
  ["line feeds, a tab and a NUL", "one\ntwo\tthree\u0000four"],
  ["4096 characters without a space", "W".repeat(4096)],
  ["4096 emoji", "\u{1F600}".repeat(4096)],
  ["a template", "${window.hacked = true} {{constructor}}"],
];

browserTest("whatever a text contains, it is shown as text, in its row and completely in the detail", async (t, newPage) => {
  const messages = HOSTILE.map(([, text], index) => stored(index, { text, message_id: `${text.slice(0, 200)}${index}` }));
  const service = await startInboxService(t, messages);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const elements = Number(await page.evaluate(countOf, "#rows *"));
  assert.equal(elements, HOSTILE.length * 10);
  for (const [index, [title, text]] of HOSTILE.toReversed().entries()) {
    const shown = String(await page.evaluate(textOf, `#rows li:nth-child(${index + 1}) .text`));
    assert.equal(shown, text.length <= 240 ? text : `${text.slice(0, 240)}…`, title);
    await page.evaluate(clickOn, `#rows li:nth-child(${index + 1}) .row`);
    assert.equal(await page.evaluate(textOf, "#detail-text"), text, title);
    assert.equal(await page.evaluate(countOf, "#detail-text > *"), 0, title);
    assert.equal(await page.evaluate(textOf, "#detail-fields dd:last-of-type"), messages.at(-1 - index)?.message_id, title);
    for (const selector of ["#detail", "#detail-text"]) {
      assert.equal(await page.evaluate(fitsItsWidth, selector), true, `${title}: ${selector}`);
    }
    await page.evaluate(() => document.querySelector("#detail")?.scrollTo({ top: 1e6, behavior: "instant" }));
    assert.equal(await page.evaluate(isCloseButtonVisible), true, `${title}: the close button of the detail stays visible`);
    await page.evaluate(() => document.querySelector<HTMLDialogElement>("#detail")?.close());
  }
  assert.equal(await page.evaluate(() => Object(window).hacked), undefined);
  assert.deepEqual(page.problems, []);
  assert.deepEqual(page.requested.filter((url) => !url.startsWith(service.url) && !url.startsWith("data:")), []);
});

browserTest("a direction override in a text ends with the text", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "\u202Eabc" }), stored(2, { text: "abc" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const placesOf = (row: number): Promise<unknown> =>
    page.evaluate((selector) => [...document.querySelectorAll(selector)].map((element) => Math.round(element.getBoundingClientRect().left)), `#rows li:nth-child(${row}) :is(time, .from)`);
  assert.deepEqual(await placesOf(2), await placesOf(1));
}, ONLY_IN_FULL_RUN);

browserTest("a search with special characters finds and marks only itself", async (t, newPage) => {
  const text = `${"x".repeat(300)} <b>.*+?^$ (a|b)[c]\\d% _ </b> ${"y".repeat(300)}`;
  const service = await startInboxService(t, [stored(1, { text }), stored(2, { text: "other" })]);
  const page = await newPage();
  await page.open(`${service.url}/?q=${encodeURIComponent("<B>.*+?^$ (a|b)[c]\\d% _ </b>")}`);
  await page.until(isReady);
  assert.deepEqual(await page.evaluate(textsOf, "mark"), ["<b>.*+?^$ (a|b)[c]\\d% _ </b>"]);
  assert.deepEqual(page.problems, []);
}, ONLY_IN_FULL_RUN);
