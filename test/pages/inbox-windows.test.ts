import assert from "node:assert/strict";
import type { BrowserPage } from "../support/browser-page.ts";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { hasText, isReady, isShown, rowTexts, rowsAre } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();

/** Opens the page in another window of the same browser. */
async function openWindow(page: BrowserPage, url: string): Promise<BrowserPage> {
  const opened = await page.newTab();
  await opened.open(url);
  return opened;
}

browserTest("the windows of one browser share one stream, and another one takes over when the first is closed", async (t, newPage) => {
  const service = await startInboxService(t, [stored(0, { text: "zero" })]);
  const first = await newPage();
  await first.open(service.url);
  await first.until(isReady);
  const second = await openWindow(first, service.url);
  const third = await openWindow(first, `${service.url}/?q=e`);
  for (const page of [second, third]) await page.until(isReady);
  assert.equal(service.gateway.openStreams(), 1);
  await service.commit(stored(1, { text: "one" }), stored(2, { text: "two" }));
  await third.command("Page.bringToFront");
  await third.until(rowsAre, "one|zero");
  await second.command("Page.bringToFront");
  await second.until(rowsAre, "two|one|zero");

  await first.command("Page.close");
  await service.commit(stored(3, { text: "three" }));
  await second.until(rowsAre, "three|two|one|zero");
  await second.until(hasText, "#count", "4 messages");
  await second.until(isReady);
  await third.command("Page.bringToFront");
  await third.until(rowsAre, "three|one|zero");
  assert.equal(service.gateway.openStreams(), 1);
  assert.deepEqual(service.gateway.resumed.map((id) => id !== undefined), [false, true]);
});

browserTest("a window that is not heard from any more loses the stream to a visible one", async (t, newPage) => {
  const service = await startInboxService(t, [stored(0, { text: "zero" })]);
  const first = await newPage();
  await first.open(service.url);
  await first.until(isReady);
  const second = await openWindow(first, service.url);
  await second.until(isReady);
  // Like a window that the browser has frozen: it has the stream and sends no message.
  await first.evaluate(() => {
    BroadcastChannel.prototype.postMessage = () => undefined;
  });
  await first.command("Page.bringToFront");
  await second.command("Page.bringToFront");
  await service.commit(stored(1, { text: "one" }));
  await second.until(rowsAre, "one|zero");
  assert.deepEqual(service.gateway.resumed.map((id) => id !== undefined), [false, true]);
}, ONLY_IN_FULL_RUN);

for (const [missing, script] of [["locks", "delete Navigator.prototype.locks"], ["channels", "delete globalThis.BroadcastChannel"]] as const) {
  browserTest(`in a browser without ${missing} each visible window has its own stream`, async (t, newPage) => {
    const service = await startInboxService(t, [stored(0, { text: "zero" })]);
    const first = await newPage();
    await first.command("Page.addScriptToEvaluateOnNewDocument", { source: script });
    await first.open(service.url);
    await first.until(isReady);
    const second = await first.newTab();
    await second.command("Page.addScriptToEvaluateOnNewDocument", { source: script });
    await second.open(service.url);
    await second.until(isReady);
    await service.commit(stored(1, { text: "one" }));
    await second.until(rowsAre, "one|zero");
    await first.command("Page.bringToFront");
    await first.until(rowsAre, "one|zero");
    assert.ok(service.gateway.resumed.length >= 2, "the second window has its own stream");
  }, ONLY_IN_FULL_RUN);
}

browserTest("a second window has the token of the first, until one of them forgets it", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "secret" })], { env: { API_TOKEN: "right" } });
  const first = await newPage();
  await first.open(service.url);
  await first.until(isShown, "#token");
  const early = await openWindow(first, service.url);
  await early.until(isShown, "#token");
  await first.command("Page.bringToFront");
  await first.type("wrong");
  await first.press("Enter");
  await first.until(() => document.querySelector("#token-error")?.textContent === "The service does not accept this token");
  await first.type("right");
  await first.press("Enter");
  await first.until(isReady);
  // A window that asked for the token has it now, and one that opens later does not ask.
  await early.until(isReady);
  assert.equal(await early.evaluate(() => document.querySelector("#token-error")?.textContent), "");
  const second = await openWindow(first, service.url);
  await second.until(isReady);
  assert.equal(await second.evaluate(rowTexts), "secret");
  assert.equal(await second.evaluate(() => localStorage.length + document.cookie.length), 0);
  const docs = await openWindow(first, `${service.url}/docs`);
  await docs.until(() => document.querySelector("#token-status")?.textContent === "The token is used");
  await second.command("Page.bringToFront");
  await second.click("#forget");
  await docs.until(() => document.querySelector("#token-status")?.textContent === "No token is used");
  for (const page of [first, second, early]) {
    await page.until(isShown, "#token");
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  }
  assert.ok(service.gateway.targets.every((target) => !target.includes("right")));
}, ONLY_IN_FULL_RUN);

browserTest("a hidden window counts new messages in its title, and shows them when it is visible again", async (t, newPage) => {
  const service = await startInboxService(t, [stored(0, { text: "zero" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const other = await page.newTab();
  await other.command("Page.bringToFront");
  await page.until(() => document.hidden);
  await service.commit(stored(1, { text: "one" }), stored(2, { text: "two" }));
  await page.until(() => document.title === "(2) Inbox · webhook-inbox");
  assert.equal(await page.evaluate(rowTexts), "zero");
  await page.command("Page.bringToFront");
  await page.until(rowsAre, "two|one|zero");
  await page.until(() => document.title === "Inbox · webhook-inbox");
}, ONLY_IN_FULL_RUN);
