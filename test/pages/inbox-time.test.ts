import assert from "node:assert/strict";
import type { BrowserPage } from "../support/browser-page.ts";
import { browserTests } from "../support/inbox-page.ts";
import { listAt } from "../support/json.ts";
import { startInboxService, stored } from "../support/inbox-service.ts";
import { hasText, isOpen, isReady, rowsAre, search, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();
const HOUR_MS = 3_600_000;

/** The time this long ago. */
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** A page of a browser in this time zone, in British English. */
async function pageIn(zone: string, newPage: () => Promise<BrowserPage>): Promise<BrowserPage> {
  const page = await newPage();
  await page.command("Emulation.setTimezoneOverride", { timezoneId: zone });
  await page.command("Emulation.setLocaleOverride", { locale: "en-GB" });
  return page;
}

browserTest("times are shown in the local zone or in UTC, and the zone is named, in rows, message, fields and charts", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { ts: "2025-01-15T23:30:00Z" })]);
  const page = await pageIn("Asia/Kolkata", newPage);
  await page.open(`${service.url}/?since=2025-01-15T20:00:00Z&until=2025-01-16T00:00:00Z`);
  await page.until(isReady);
  const shown = (): Promise<unknown> => page.evaluate(() => [
    document.querySelector("#rows time")?.textContent, document.querySelector("#last-message time")?.textContent,
    document.querySelector<HTMLInputElement>("#since")?.value, document.querySelector("label[for=since]")?.textContent,
    document.querySelector("#timeline-rows th")?.textContent,
  ]);
  assert.equal(await page.evaluate(() => document.querySelector("#zone-local")?.textContent), "GMT+5:30");
  assert.deepEqual(await shown(), ["16 Jan 2025, 05:00", "16 Jan 2025, 05:00", "2025-01-16T01:30", "From time (GMT+5:30)", "16 Jan, 05:00"]);
  await page.click("#zone-utc");
  await page.until(() => document.querySelector("#timeline-rows th")?.textContent === "15 Jan, 23:00");
  assert.deepEqual(await shown(), ["15 Jan 2025, 23:30", "15 Jan 2025, 23:30", "2025-01-15T20:00", "From time (UTC)", "15 Jan, 23:00"]);
  assert.equal(await page.evaluate(() => location.search), "?since=2025-01-15T20:00:00Z&until=2025-01-16T00:00:00Z");
  await page.click("#rows .row");
  await page.until(isOpen, "#detail");
  assert.match(String(await page.evaluate(() => document.querySelector("#detail-fields time")?.textContent)), /^Wednesday,? 15 January 2025 at 23:30:00 UTC · .* ago$/);
  await page.open(service.url);
  await page.until(isReady);
  assert.equal(await page.evaluate(() => document.querySelector("#zone-utc")?.getAttribute("aria-pressed")), "true");
});

/** A day in a zone: its length in hours and its beginning. */
const DAYS = [
  ["Asia/Kolkata", 24, "2025-01-14T18:30:00Z", "15 Jan 2025"],
  ["Asia/Kathmandu", 24, "2025-01-14T18:15:00Z", "15 Jan 2025"],
  ["America/New_York", 24, "2025-01-15T05:00:00Z", "15 Jan 2025"],
  ["America/New_York", 23, "2025-03-09T05:00:00Z", "9 Mar 2025"],
  ["America/New_York", 25, "2025-11-02T04:00:00Z", "2 Nov 2025"],
  ["America/St_Johns", 23, "2025-03-09T03:30:00Z", "9 Mar 2025"],
  ["Australia/Lord_Howe", 24.5, "2025-04-05T13:00:00Z", "6 Apr 2025"],
  ["Africa/Cairo", 23, "2025-04-24T22:00:00Z", "25 Apr 2025"],
] as const;

browserTest("the days of the chart begin at local midnight, also when daylight saving time begins or ends", async (t, newPage) => {
  // The first and the last moment of the day, the one before it and the one after it.
  const service = await startInboxService(t, DAYS.flatMap(([, hours, start], sender) =>
    [-1, 0, hours * HOUR_MS - 1, hours * HOUR_MS].map((later, index) =>
      stored(4 * sender + index, { from: `+${1 + sender}`, ts: new Date(Date.parse(start) + later).toISOString() }))));
  const page = await newPage();
  await page.command("Emulation.setLocaleOverride", { locale: "en-GB" });
  for (const [sender, [zone, hours, start, day]] of DAYS.entries()) {
    await page.command("Emulation.setTimezoneOverride", { timezoneId: zone });
    const instantOf = (later: number): string => new Date(Date.parse(start) + later * HOUR_MS).toISOString().replace(".000Z", "Z");
    await page.open(`${service.url}/?from=%2B${1 + sender}&since=${instantOf(-100)}&until=${instantOf(hours + 100)}`);
    await page.until(isReady);
    await page.click("#by-day");
    await page.until((wanted) => [...document.querySelectorAll("#timeline-rows th")].some((row) => row.textContent === wanted), day);
    const index = listAt(await page.evaluate(textsOf, "#timeline-rows th")).indexOf(day);
    const counts = listAt(await page.evaluate(textsOf, "#timeline-rows td"));
    assert.deepEqual(counts.slice(index - 1, index + 2), ["1", "2", "1"], `${zone} ${day}`);
    // A click on a bar shows the messages of this day.
    await page.evaluate((nth) => document.querySelectorAll<HTMLElement>("#timeline-rows button")[nth]?.click(), index);
    await page.until(hasText, "#count", "2 messages");
    assert.equal(await page.evaluate(search), `?${new URLSearchParams({ from: `+${1 + sender}`, since: start, until: instantOf(hours) })}`);
  }
  assert.deepEqual(page.problems, []);
}, ONLY_IN_FULL_RUN);

browserTest("a message of today shows its age", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { ts: ago(130_000) })]);
  const page = await pageIn("UTC", newPage);
  await page.open(service.url);
  await page.until(isReady);
  // In the minutes after midnight it is a message of yesterday.
  assert.match(String(await page.evaluate(() => document.querySelector("#rows time")?.textContent)), /^\d\d:\d\d:\d\d · 2 min ago$|^\d+ \w+ \d{4}, /);
}, ONLY_IN_FULL_RUN);

browserTest("quick ranges end now, appear in the URL, and All removes them", async (t, newPage) => {
  const service = await startInboxService(t, [
    stored(1, { ts: ago(10 * 24 * HOUR_MS), text: "old" }), stored(2, { ts: ago(3 * 24 * HOUR_MS), text: "days" }),
    stored(3, { ts: ago(5 * HOUR_MS), text: "hours" }), stored(4, { ts: ago(60_000), text: "now" }),
  ]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  for (const [id, rows] of [["last-hour", "now"], ["last-day", "now|hours"], ["last-week", "now|hours|days"], ["any-time", "now|hours|days|old"]] as const) {
    await page.click(`#${id}`);
    await page.until(rowsAre, rows);
    assert.equal(await page.evaluate(() => /^\?since=[^&]+$/.test(location.search)), id !== "any-time");
  }
}, ONLY_IN_FULL_RUN);

browserTest("the chart ends now, says for how long nothing arrived, and keeps to the range of the filter", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1, { ts: ago(4.5 * HOUR_MS) }), stored(2, { ts: ago(100 * HOUR_MS) }), stored(3, { ts: "2099-12-31T00:00:00Z" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  const summary = (): Promise<unknown> => page.evaluate(() => document.querySelector("#timeline-summary")?.textContent);
  assert.match(String(await summary()), /^1 message in the last 48 hours; peak at [^;]*: 1; none in the last [34] h$/);
  assert.equal(await page.evaluate(textsOf, "#timeline-chart svg > text:last-of-type").then(String), "now");
  await page.click("#last-week");
  await page.until(() => document.querySelector("#timeline-summary")?.textContent?.startsWith("2 messages in the last 168 hours") === true);
  await page.open(`${service.url}/?since=2099-01-01T00:00:00Z`);
  await page.until(() => document.querySelector("#timeline-summary")?.textContent !== "");
  await page.click("#by-day");
  await page.until(() => document.querySelector("#timeline-summary")?.textContent?.startsWith("No messages in 60 days up to ") === true);
}, ONLY_IN_FULL_RUN);

browserTest("a message with a future date is flagged in its row, when it is open, and in the totals", async (t, newPage) => {
  const service = await startInboxService(t, [stored(1), stored(2, { ts: "2099-12-31T00:00:00Z" })]);
  const page = await newPage();
  await page.open(service.url);
  await page.until(isReady);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("#rows li")].map((row) => row.querySelector(".flag")?.textContent ?? "")), ["future date", ""]);
  assert.equal(await page.evaluate(() => document.querySelector("#last-message .flag")?.textContent), "future date");
  assert.equal(await page.evaluate(() => document.querySelector("#first-message .flag")), null);
  await page.click("#rows .row");
  await page.until(isOpen, "#detail");
  assert.deepEqual(await page.evaluate(textsOf, "#detail-fields .flag"), ["future date"]);
}, ONLY_IN_FULL_RUN);
