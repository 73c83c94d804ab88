import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { browserTests, untilLiveAgain } from "../support/inbox-page.ts";
import { hasText, isShown, isStream, rowsAre, textOf, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const browserTest = browserTests();
const TOKEN = "s3cret";

/** Records the times of all rows in the page, and scrolls by a screen. */
function walk(): number {
  const times = [...document.querySelectorAll<HTMLTimeElement>("#rows time")].map(({ dateTime }) => dateTime);
  Object.assign(window, { walked: times });
  scrollBy({ top: innerHeight, behavior: "instant" });
  return times.length;
}

async function startWith(t: TestContext, count: number): Promise<TestApp> {
  const app = await startTestApp(t, { env: { API_TOKEN: TOKEN } });
  const responses = await Promise.all(Array.from({ length: count }, (_, index) => app.deliver(delivery({
    message_id: `m/${index}`,
    from: `+9198765432${10 + (index % 3)}`,
    // Two messages share each time.
    ts: new Date(Date.UTC(2025, 0, 15, 10) + Math.floor(index / 2) * 60_000).toISOString(),
    text: index % 10 === 9 ? null : `Bestellung Nº ${index} ΣΟΦΟΣ`,
  }))));
  assert.ok(responses.every(({ status }) => status === 200));
  return app;
}

browserTest("without the gateway: token, list to its end, totals, charts, search, filters", async (t, newPage) => {
  const count = 130;
  const app = await startWith(t, count);
  const page = await newPage();
  // Without a filter the chart ends now.
  await page.open(`${app.url}/?until=2025-01-15T12:00:00Z`);
  await page.until(isShown, "#token");
  await page.type(TOKEN);
  await page.press("Enter");
  await page.until(hasText, "#count", `${count} messages`);
  await until(`the page has ${count} rows`, async () => (await page.evaluate(walk)) === count);
  const times = String(await page.evaluate(() => Object(window).walked.join())).split(",");
  assert.deepEqual(times, times.toSorted().reverse());
  await page.until(hasText, "#total-messages", String(count));
  await page.until(hasText, "#total-senders", "3");
  await page.until(() => document.querySelectorAll("#timeline-chart rect").length === 2);
  assert.deepEqual(await page.evaluate(textsOf, "#timeline-rows td"), ["10", "120"]);
  await page.click("#q");
  await page.type("nº 12 σοφος");
  await page.until(rowsAre, "Bestellung Nº 12 ΣΟΦΟΣ");
  assert.deepEqual(await page.evaluate(textsOf, "#rows mark"), ["Nº 12 ΣΟΦΟΣ"]);
  await page.click("#clear");
  await page.until(hasText, "#count", `${count} messages`);
  await page.click("#senders li:nth-child(2) button");
  await page.until(hasText, "#count", "43 messages");
  assert.deepEqual(page.requested.filter((url) => !url.startsWith(app.url) && !url.startsWith("data:")), []);
  assert.ok(!app.rawLog().includes(TOKEN) && !app.rawLog().includes("Bestellung"));
});

browserTest("without the gateway: a committed message appears at the top, also after a restart of the service", async (t, newPage) => {
  const first = await startTestApp(t);
  const port = new URL(first.url).port;
  await first.deliver(delivery({ message_id: "before", text: "before", ts: "2025-01-15T10:00:00Z" }));
  const page = await newPage();
  await page.open(first.url);
  await page.until(rowsAre, "before");
  await page.until(isStream, "live");
  await first.deliver(delivery({ message_id: "new", text: "while it was looked at", ts: "2025-01-15T11:00:00Z" }));
  await page.until(rowsAre, "while it was looked at|before");

  await first.app.close();
  await page.until(() => document.querySelector<HTMLElement>("#live")?.dataset["state"] !== "live");
  const second = await startTestApp(t, { env: { PORT: port, DATABASE_URL: `sqlite:///${first.databasePath}` } });
  await second.deliver(delivery({ message_id: "newest", text: "after it was back", ts: "2025-01-15T12:00:00Z" }));
  await untilLiveAgain(page);
  await page.until(rowsAre, "after it was back|while it was looked at|before");
}, ONLY_IN_FULL_RUN);

browserTest("a time that the service refuses is reported with its error text", async (t, newPage) => {
  const app = await startTestApp(t);
  const page = await newPage();
  await page.open(`${app.url}/?since=yesterday`);
  await page.until(() => document.querySelector("#notice-text")?.textContent?.startsWith("since: Value is not a date-time") === true);
  await page.until(isStream, "live");
  // The stream is open, and the refused request is not repeated.
  assert.match(String(await page.evaluate(textOf, "#notice-text")), /^since: Value is not a date-time/);
  // The page does not say in addition that nothing matches.
  assert.equal(await page.evaluate(textOf, "#end"), "");
}, ONLY_IN_FULL_RUN);
