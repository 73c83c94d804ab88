import { after, before, test, type TestContext } from "node:test";
import type { StoredMessage } from "../../src/core/message.ts";
import type { BrowserPage } from "./browser-page.ts";
import { launchBrowser, SKIP_WITHOUT_BROWSER, type Browser } from "./browser.ts";
import { atEnd } from "./cleanup.ts";
import { startInboxService, type InboxService, type InboxServiceOptions } from "./inbox-service.ts";
import { isStream } from "./page-scripts.ts";
import { until } from "./until.ts";

export type BrowserTest = (title: string, body: (t: TestContext, newPage: () => Promise<BrowserPage>) => Promise<void>, options?: { readonly skip: string | false }) => void;

/** Tests in one Chromium for the file, each page in a profile of its own; all of them are skipped, loudly, where none is installed. */
export function browserTests(): BrowserTest {
  let browser: Browser | undefined;
  before(async () => {
    if (SKIP_WITHOUT_BROWSER === false) browser = await launchBrowser();
  });
  after(() => browser?.close());
  return (title, body, options) => {
    test(title, { skip: SKIP_WITHOUT_BROWSER || (options?.skip ?? false) }, (t) =>
      body(t, async () => {
        if (browser === undefined) throw new Error("Cannot open a page: the browser must run");
        const page = await browser.newPage();
        atEnd(t, () => page.close());
        await page.setSize(1280, 860);
        await page.setScheme("light", { reducedMotion: true });
        return page;
      }));
  };
}

/** The service with these messages for all tests of a file: they may look at it, not change it. */
export function sharedInbox(messages: readonly StoredMessage[], options: InboxServiceOptions = {}): () => Promise<InboxService> {
  const releases: (() => Promise<void>)[] = [];
  let started: Promise<InboxService> | undefined;
  after(async () => {
    for (const release of releases) await release();
  });
  return () => (started ??= startInboxService({ after: (release) => void releases.push(release) }, messages, options));
}

/** Waits for the stream after the service was away: the page pauses longer after each attempt that fails. */
export async function untilLiveAgain(page: BrowserPage): Promise<void> {
  await until("the page is live again", async () => (await page.evaluate(isStream, "live")) === true, { limitMs: 20_000 });
}
