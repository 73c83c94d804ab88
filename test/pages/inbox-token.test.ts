import assert from "node:assert/strict";
import { browserTests, READY, textsOf } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";

const browserTest = browserTests();
const ROWS = `${textsOf("#rows .text")}.join("|")`;
const ASKED = `!document.querySelector("#token").hidden && document.querySelector("#inbox").hidden && document.activeElement.id === "token-input"`;

browserTest("the page asks for the token, says when it is wrong, keeps it for the window and forgets it when told", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "secret" })], { env: { API_TOKEN: "right" } });
  const page = await newPage();
  await page.open(service.url);
  await page.until(ASKED);
  assert.equal(await page.evaluate(ROWS), "");
  await page.type("wrong");
  await page.press("Enter");
  await page.until(`document.querySelector("#token-error").textContent === "The service does not accept this token"`);
  await page.until(ASKED);
  await page.type("right");
  await page.press("Enter");
  await page.until(READY);
  assert.equal(await page.evaluate(ROWS), "secret");
  assert.equal(await page.evaluate(`document.querySelector("#token-input").value`), "");
  await page.open(service.url);
  await page.until(READY);
  assert.equal(await page.evaluate(ROWS), "secret");
  assert.equal(await page.evaluate("localStorage.length + document.cookie.length"), 0);
  await page.click("#forget");
  await page.until(ASKED);
  assert.equal(await page.evaluate("sessionStorage.length"), 0);
  assert.ok(service.gateway.targets.every((target) => !target.includes("right")));
});

browserTest("another browser does not have the token", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1)], { env: { API_TOKEN: "right" } });
  const [one, other] = [await newPage(), await newPage()];
  await one.open(service.url);
  await one.until(ASKED);
  await one.type("right");
  await one.press("Enter");
  await one.until(READY);
  await other.open(service.url);
  await other.until(ASKED);
});

browserTest("a token that the service takes back is asked for again, and no message stays in sight", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { text: "secret" })], { env: { API_TOKEN: "right" } });
  const page = await newPage();
  await page.open(service.url);
  await page.until(ASKED);
  await page.type("right");
  await page.press("Enter");
  await page.until(READY);
  service.gateway.spoilToken = true;
  service.gateway.breakStreams();
  await page.until(ASKED);
  assert.equal(await page.evaluate(`document.querySelector("#rows").checkVisibility()`), false);
});
