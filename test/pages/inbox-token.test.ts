import assert from "node:assert/strict";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { hasText, isReady, isVisible, rowTexts, valueOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();

function isPrompted(): boolean {
  return document.querySelector<HTMLElement>("#token")?.hidden === false && document.querySelector<HTMLElement>("#inbox")?.hidden === true
    && document.activeElement?.id === "token-input";
}

browserTest("the page asks for the token, says if it is wrong, keeps it for the window and can forget it", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "secret" })], { env: { API_TOKEN: "right" } });
  const page = await newPage();
  await page.open(service.url);
  await page.until(isPrompted);
  assert.equal(await page.evaluate(rowTexts), "");
  await page.type("wrong");
  await page.press("Enter");
  await page.until(hasText, "#token-error", "The service does not accept this token");
  await page.until(isPrompted);
  await page.type("right");
  await page.press("Enter");
  await page.until(isReady);
  assert.equal(await page.evaluate(rowTexts), "secret");
  assert.equal(await page.evaluate(valueOf, "#token-input"), "");
  await page.open(service.url);
  await page.until(isReady);
  assert.equal(await page.evaluate(rowTexts), "secret");
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await page.click("#forget");
  await page.until(isPrompted);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.ok(service.gateway.targets.every((target) => !target.includes("right")));
});

browserTest("another browser does not have the token", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)], { env: { API_TOKEN: "right" } });
  const [one, other] = [await newPage(), await newPage()];
  await one.open(service.url);
  await one.until(isPrompted);
  await one.type("right");
  await one.press("Enter");
  await one.until(isReady);
  await other.open(service.url);
  await other.until(isPrompted);
}, ONLY_IN_FULL_RUN);

browserTest("if the service revokes the token, the page asks for it again and hides all messages", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "secret" })], { env: { API_TOKEN: "right" } });
  const page = await newPage();
  await page.open(service.url);
  await page.until(isPrompted);
  await page.type("right");
  await page.press("Enter");
  await page.until(isReady);
  service.gateway.sendWrongToken = true;
  service.gateway.breakStreams();
  await page.until(isPrompted);
  assert.equal(await page.evaluate(isVisible, "#rows"), false);
}, ONLY_IN_FULL_RUN);
