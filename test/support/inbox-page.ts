import { after, before, test, type TestContext } from "node:test";
import type { StoredMessage } from "../../src/core/message.ts";
import type { BrowserPage } from "./browser-page.ts";
import { launchBrowser, SKIP_WITHOUT_BROWSER, type Browser } from "./browser.ts";
import { atEnd, untilTestsEnd } from "./cleanup.ts";
import { startInboxService, type InboxService, type InboxServiceOptions } from "./inbox-service.ts";
import { isStream } from "./page-scripts.ts";
import { until } from "./until.ts";

export type BrowserTest = (title: string, body: (t: TestContext, newPage: () => Promise<BrowserPage>) => Promise<void>, options?: { readonly skip: string | false }) => void;

/** The browser of a process, for all files in it: a tab that another file has reset is faster than a new one. */
let launched: Promise<Browser> | undefined;
/** The number of files that still need it. */
let users = 0;

/** Tests that share one browser, each page in its own profile. If none is installed, all are skipped, and the report says so. */
export function browserTests(): BrowserTest {
  users += 1;
  before(() => (SKIP_WITHOUT_BROWSER === false ? (launched ??= launchBrowser()) : undefined));
  after(async () => {
    users -= 1;
    if (users > 0) return;
    const browser = launched;
    launched = undefined;
    await (await browser)?.close();
  });
  return (title, body, options) => {
    test(title, { skip: SKIP_WITHOUT_BROWSER || (options?.skip ?? false) }, (t) =>
      body(t, async () => {
        const browser = await launched;
        if (browser === undefined) throw new Error("Cannot open a page: the browser must run");
        const page = await browser.newPage();
        atEnd(t, () => page.close());
        await page.setSize(1280, 860);
        await page.setScheme("light", { reducedMotion: true });
        return page;
      }));
  };
}

/** A service with these messages that all tests of a file share. They may read it but not change it. */
export function sharedInbox(messages: readonly StoredMessage[], options: InboxServiceOptions = {}): () => Promise<InboxService> {
  const lifetime = untilTestsEnd();
  let started: Promise<InboxService> | undefined;
  return () => (started ??= startInboxService(lifetime, messages, options));
}

/** Waits for the stream after the service was unreachable: the page waits longer after each failed attempt. */
export async function untilLiveAgain(page: BrowserPage): Promise<void> {
  await until("the page is live again", async () => (await page.evaluate(isStream, "live")) === true, { limitMs: 20_000 });
}
