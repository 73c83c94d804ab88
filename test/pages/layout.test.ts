import assert from "node:assert/strict";
import { browserTests, sharedInbox } from "../support/inbox-page.ts";
import { listAt } from "../support/json.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { isReady } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN, oneOfMany, sweep } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const browserTest = browserTests();
const shared = sharedInbox(Array.from({ length: 120 }, (_, index) => stored(index)));
const SIZES = [[390, 844], [768, 1024], [1280, 860], [1920, 1080]] as const;
/** Stricter than Core Web Vitals, where up to 0.1 is good. */
const MAX_SHIFT = 0.05;

/** The sum of all layout shifts so far (https://wicg.github.io/layout-instability/). */
function layoutShift(): Promise<number> {
  return new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((entries) => {
      for (const entry of entries.getEntries()) sum += Number(Object(entry).value);
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 200);
  });
}

const PAGES: readonly (readonly [path: string, ready: () => boolean])[] = [
  ["/", isReady],
  ["/?q=number", isReady],
  // On a phone the fields of these filters are unfolded before the first paint.
  ["/?from=%2B919876543200&since=2025-01-01T00:00:00Z", isReady],
  ["/?message=m0000007", () => document.querySelector<HTMLDialogElement>("#detail")?.open === true],
  ["/docs", () => document.documentElement.dataset["ready"] === "true"],
];

for (const [index, [path, ready]] of PAGES.entries()) {
  browserTest(`${path} does not shift while it is loading, at any window size`, async (t, newPage) => {
    const { url } = await shared();
    const page = await newPage();
    for (const [width, height] of sweep(t, SIZES, { every: 3 })) {
      await page.setSize(width, height);
      await page.open(url + path);
      await page.until(ready);
      const shift = Number(await page.evaluate(layoutShift));
      assert.ok(shift <= MAX_SHIFT, `${width}: ${shift}`);
    }
  }, { skip: oneOfMany(index, { every: 5 }) });
}

browserTest("nothing is painted before the script has unfolded the filters of the URL", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)]);
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  service.gateway.before = ({ pathname }) => (pathname.endsWith(".js") ? held : undefined);
  const page = await newPage();
  await page.setSize(390, 844);
  const opened = page.open(`${service.url}/?from=%2B1`);
  await until("everything except the script is loaded", async () => (await page.evaluate(() => document.styleSheets.length > 0 && document.readyState === "interactive")) === true);
  // Long enough for several frames.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
  assert.deepEqual(await page.evaluate(() => performance.getEntriesByType("paint").map(({ name }) => name)), []);
  release(undefined);
  await opened;
  await page.until(isReady);
  const shift = Number(await page.evaluate(layoutShift));
  assert.ok(shift <= MAX_SHIFT, String(shift));
});

browserTest("fewer than 8 requests are made before the first row is shown", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(() => document.querySelector("#rows li") !== null);
  const requested = page.requested.filter((url) => !url.startsWith("data:"));
  const first = requested.findIndex((url) => url.includes("/messages?"));
  assert.ok(first >= 0 && first < 7, requested.join("\n"));
});

browserTest("without JavaScript the page shows only a notice in complete sentences", async (_t, newPage) => {
  const page = await newPage();
  await page.command("Emulation.setScriptExecutionDisabled", { value: true });
  await page.open((await shared()).url);
  const shown = await page.evaluate(() => ["inbox", "live"].map((id) => document.getElementById(id)?.checkVisibility()));
  assert.deepEqual(shown, [false, false]);
  const notice = Object(await page.evaluate(() => {
    const element = document.querySelector(".without-script");
    return { text: element?.textContent, display: element === null ? "" : getComputedStyle(element).display };
  }));
  assert.deepEqual(notice, { text: "This page needs JavaScript. The same data is at /messages and /stats.", display: "block" });
});

browserTest("in forced colours a pressed button looks pressed", async (_t, newPage) => {
  const page = await newPage();
  await page.command("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
  await page.open((await shared()).url);
  await page.until(isReady);
  const grounds = await page.evaluate(() => ["by-hour", "by-day"].map((id) => getComputedStyle(document.getElementById(id) ?? document.body).backgroundColor));
  assert.ok(Array.isArray(grounds));
  assert.notEqual(grounds[0], grounds[1]);
  const lines = await page.evaluate(() => [...document.querySelectorAll("nav a")].map((link) => getComputedStyle(link).outlineStyle));
  assert.deepEqual(lines, ["solid", "none"], "the link of the current page looks different from the other one");
});

for (const [index, scheme] of (["dark", "light"] as const).entries()) {
  browserTest(`in ${scheme} each pressed button looks pressed`, async (_t, newPage) => {
    const page = await newPage();
    await page.setScheme(scheme, { reducedMotion: true });
    await page.open((await shared()).url);
    await page.until(isReady);
    const look = (): readonly string[] => [...document.querySelectorAll<HTMLElement>("[aria-pressed]")].map((button) => {
      const { backgroundColor, borderTopColor } = getComputedStyle(button);
      return `${button.id} ${backgroundColor} ${borderTopColor}`;
    });
    const before = listAt(await page.evaluate(look));
    await page.evaluate(() => {
      for (const button of document.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    });
    const after = listAt(await page.evaluate(look));
    assert.ok(before.length >= 7);
    assert.deepEqual(after.filter((one) => before.includes(one)), []);
  }, { skip: oneOfMany(index, { every: 2 }) });
}

browserTest("the header is aligned with the content at every width", async (_t, newPage) => {
  const page = await newPage();
  for (const [width, height] of [...SIZES, [1440, 900], [2560, 1300]] as const) {
    await page.setSize(width, height);
    await page.open((await shared()).url);
    await page.until(isReady);
    const lefts = Object(await page.evaluate(() => [".site-name", "#filters"].map((selector) => document.querySelector(selector)?.getBoundingClientRect().left)));
    assert.equal(lefts[0], lefts[1], String(width));
  }
}, ONLY_IN_FULL_RUN);
