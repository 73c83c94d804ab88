/** Makes the README's picture of the inbox page, `ops/images/inbox.png`, from sample messages. Needs Chromium. */
import { writeFileSync } from "node:fs";
import { startInboxService } from "../test/support/inbox-service.ts";
import { isReady } from "../test/support/page-scripts.ts";
import { launchBrowser } from "../test/support/browser.ts";

const TARGET = new URL("../ops/images/inbox.png", import.meta.url);
const WIDTH = 1280;
const HEIGHT = 800;
const MESSAGES = 240;
const MINUTES_APART = 11;

const SENDERS = ["+14155550142", "+919876543210", "+442079460018", "+4930901820", "+33199001234", "+819012345678", "+5511912345678"];
const TEXTS = [
  "Is my order 4711 on its way?", "Thank you, it has arrived.", "Can I change the delivery to Friday, please?", "¿Dónde está mi pedido?",
  "Photo of the damaged box", "Please call me back after 6 pm.", "Ευχαριστώ πολύ!", "Ja, der Termin passt mir gut.", "STOP",
  "I need an invoice with our VAT number.", "OK", "Когда вы откроетесь завтра?", "Your code did not work: it says it has expired.",
];

/** Whether there is a message at this step back in time: more often in some hours than in others, and the same in each run. */
function isSent(index: number): boolean {
  return (index * 7919) % 13 < 4 + 8 * Math.abs(Math.sin(index / 31));
}

const releases: (() => Promise<void>)[] = [];
try {
  const newestMs = Date.now();
  const messages = Array.from({ length: MESSAGES }, (_, index) => index).filter(isSent).map((index) => {
    const ts = new Date(newestMs - index * MINUTES_APART * 60_000).toISOString();
    const from = SENDERS[(index * 3 + (index % 5)) % SENDERS.length] ?? "";
    return { message_id: `wamid.${7_000_000 - index}`, from, to: "+14155550100", ts, text: TEXTS[(index * 5) % TEXTS.length] ?? null, created_at: ts };
  });
  const service = await startInboxService({ after: (release) => void releases.push(release) }, messages);
  const browser = await launchBrowser();
  releases.push(browser.close);
  const page = await browser.newPage();
  await page.setSize(WIDTH, HEIGHT);
  await page.setScheme("light", { reducedMotion: true });
  await page.open(service.url);
  await page.until(isReady);
  writeFileSync(TARGET, await page.screenshot());
} finally {
  for (const release of releases.reverse()) await release();
}
