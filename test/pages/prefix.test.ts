import assert from "node:assert/strict";
import { browserTests } from "../support/inbox-page.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { SECRET } from "../support/app.ts";
import { isReady, textsOf } from "../support/page-scripts.ts";

const browserTest = browserTests();

browserTest("behind a proxy that strips a path prefix, pages, assets, links and requests keep the prefix", async (t, newPage) => {
  const service = await startInboxService(t, Array.from({ length: 120 }, (_, index) => stored(index)), { prefix: "/inbox" });
  const page = await newPage();
  await page.open(`${service.url}/`);
  await page.until(isReady);
  await service.commit(stored(1000));
  await page.until(() => document.querySelector("#rows .text")?.textContent === "Message number 1000");
  await page.click("#q");
  await page.type("number 7");
  await page.until(() => document.querySelector("#count")?.textContent === "11 messages");
  assert.equal(await page.evaluate(() => location.pathname + location.search), "/inbox/?q=number+7");
  await page.click("#clear");
  await page.until(() => location.search === "");
  assert.equal(await page.evaluate(() => location.pathname), "/inbox/");

  for (const address of ["/docs", "/docs/"]) {
    await page.open(`${service.url}${address}`);
    await page.until(() => document.documentElement.dataset["ready"] === "true");
    await page.evaluate(() => document.querySelector<HTMLElement>("#getStats-try button[type=submit]")?.click());
    await page.until(() => document.querySelector("#getStats-try-status")?.textContent?.startsWith("200") === true);
    assert.match(String(await page.evaluate(() => document.querySelector("#getStats-try .try-curl")?.textContent)), /\/inbox\/stats'/);
    const links = await page.evaluate(() => [...document.querySelectorAll("a")].map(({ pathname }) => pathname));
    assert.ok(Array.isArray(links) && links.every((pathname) => String(pathname).startsWith("/inbox/")), String(links));
  }
  await page.evaluate((secret) => {
    const field = document.querySelector<HTMLInputElement>("#deliverMessage-secret");
    if (field !== null) field.value = secret;
  }, SECRET);
  await page.evaluate(() => document.querySelector<HTMLElement>("#deliverMessage-try button[type=submit]")?.click());
  await page.until(() => document.querySelector("#deliverMessage-try-status")?.textContent?.startsWith("200") === true);
  await page.open(`${service.url}/docs`);
  await page.click('nav a[href="./"]');
  await page.until(isReady);
  assert.equal(Object(await page.evaluate(textsOf, "#rows .text")).length > 0, true);
  assert.deepEqual(service.gateway.targets.filter((target) => !target.startsWith("/inbox/")), []);
  // Chromium logs the 404 by which the form learns that its message is new.
  assert.deepEqual(page.problems.filter((problem) => !problem.includes("/messages/try-")), []);
});
