import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { BrowserPage } from "../support/browser-page.ts";
import { accessibilityProblems, contrastProblems } from "../support/accessibility.ts";
import { delivery, SECRET, startTestApp, type TestApp } from "../support/app.ts";
import { browserTests } from "../support/inbox-page.ts";
import { hasText, isVisible, openDetails, textOf, textsOf } from "../support/page-scripts.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();
const shared = sharedApp();
const isDocsReady = (): boolean => document.documentElement.dataset["ready"] === "true";

function visibleText(): string {
  return location.href + document.body.textContent + JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, history.state]);
}

function danglingLinks(): readonly string[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("a[href^='#']")].map(({ hash }) => hash).filter((hash) => document.getElementById(hash.slice(1)) === null);
}

async function openDocs(page: BrowserPage, app: TestApp): Promise<void> {
  await page.open(`${app.url}/docs`);
  await page.until(isDocsReady);
}

async function fill(page: BrowserPage, selector: string, value: string): Promise<void> {
  await page.evaluate((selector, value) => {
    const field = document.querySelector<HTMLInputElement>(selector);
    if (field !== null) field.value = value;
  }, selector, value);
}

/** Submits a form, and returns the status, the body and the curl command that are then shown. */
async function submit(page: BrowserPage, operation: string): Promise<readonly unknown[]> {
  const form = `#${operation}-try`;
  await page.click(`${form} button[type=submit]`);
  await page.until((form) => {
    const status = document.querySelector(`${form}-status`)?.textContent ?? "";
    return !["", "Sending"].includes(status) && document.querySelector<HTMLElement>(`${form}-stop`)?.hidden === true;
  }, form);
  return [
    Number(String(await page.evaluate(textOf, `${form}-status`)).slice(0, 3)),
    ...["body", "curl"].map((part) => page.evaluate(textOf, `${form}-response .try-${part}`)),
  ];
}

/** Contains non-ASCII characters, because the signature is of the UTF-8 bytes. */
const SIGNED = JSON.stringify(delivery({ message_id: "from-docs", text: "Gr\u00fc\u00dfe \ud83d\ude00 'quoted'" }));

const SCHEMES: readonly (readonly [scheme: string, secret: string, pattern: RegExp, expected: (match: RegExpExecArray) => string])[] = [
  ["x-signature", SECRET, /'X-Signature: ([0-9a-f]{64})'/, () => createHmac("sha256", SECRET).update(SIGNED).digest("hex")],
  ["x-hub-signature-256", SECRET, /'X-Hub-Signature-256: sha256=([0-9a-f]{64})'/, () => createHmac("sha256", SECRET).update(SIGNED).digest("hex")],
  [
    "standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", /'webhook-signature: v1,([^']+)'/,
    ({ input }) => {
      const [, id] = /'webhook-id: ([^']+)'/.exec(input) ?? [];
      const [, timestamp] = /'webhook-timestamp: ([^']+)'/.exec(input) ?? [];
      return createHmac("sha256", Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64")).update(`${id}.${timestamp}.${SIGNED}`).digest("base64");
    },
  ],
];

browserTest("the page signs like node:crypto in every scheme, and the service stores what it sends", async (t, newPage) => {
  for (const [scheme, secret, pattern, expected] of SCHEMES) {
    const app = await startTestApp(t, { env: { WEBHOOK_SECRET: secret } });
    const page = await newPage();
    await openDocs(page, app);
    await fill(page, "#deliverMessage-body", SIGNED);
    await fill(page, "#deliverMessage-way", scheme);
    await fill(page, "#deliverMessage-secret", secret);
    const [status, body, curl] = await Promise.all(await submit(page, "deliverMessage"));
    assert.deepEqual([status, body], [200, '{\n  "status": "ok"\n}'], scheme);
    const match = pattern.exec(String(curl));
    assert.ok(match, String(curl));
    assert.equal(match[1], expected(match), scheme);
    const stored = await app.request("/messages/from-docs");
    assert.equal(Object(stored.json).text, "Gr\u00fc\u00dfe \ud83d\ude00 'quoted'", scheme);
    // Chromium logs the 404 by which the page learns that the message is new.
    assert.deepEqual(page.problems.filter((problem) => !problem.includes("/messages/from-docs")), []);
  }
}, ONLY_IN_FULL_RUN);

browserTest("the secret never appears in a request, URL, storage or visible text", async (t, newPage) => {
  const secret = "a secret that is seen nowhere";
  const app = await startTestApp(t, { env: { WEBHOOK_SECRET: secret } });
  const page = await newPage();
  const sent: string[] = [];
  page.on("Network.requestWillBeSent", (event) => sent.push(JSON.stringify(event)));
  await openDocs(page, app);
  await fill(page, "#deliverMessage-secret", secret);
  const [status] = await Promise.all(await submit(page, "deliverMessage"));
  assert.equal(status, 200);
  assert.ok(sent.some((request) => request.includes("X-Signature")));
  const seen = [...sent, await page.evaluate(visibleText), app.rawLog()];
  for (const text of seen) for (const form of [secret, encodeURIComponent(secret)]) assert.ok(!String(text).includes(form));
  assert.ok(page.requested.every((url) => new URL(url).origin === app.url), page.requested.join("\n"));
}, ONLY_IN_FULL_RUN);

const REFUSED: readonly (readonly [secret: string, scheme: string, status: string])[] = [
  ["", "x-signature", "The secret must be given"],
  ["whsec_a", "standard", "The secret must have base64 after whsec_"],
  ["whsec_", "standard", "The secret must have base64 after whsec_"],
];

browserTest("a request that cannot be signed is not sent, and the page says why", async (_t, newPage) => {
  const app = await shared();
  const page = await newPage();
  await openDocs(page, app);
  for (const [secret, scheme, expected] of REFUSED) {
    await fill(page, "#deliverMessage-secret", secret);
    await fill(page, "#deliverMessage-way", scheme);
    await page.click("#deliverMessage-try button[type=submit]");
    await page.until(hasText, "#deliverMessage-try-status", expected);
  }
  assert.ok(page.requested.every((url) => !url.endsWith("/webhook")));
}, ONLY_IN_FULL_RUN);

browserTest("each send creates a new message with the current time, and the page shows its outcome and a link to it", async (t, newPage) => {
  const app = await startTestApp(t);
  const page = await newPage();
  await openDocs(page, app);
  const status = (): string | null | undefined => document.querySelector("#deliverMessage-try-status")?.textContent;
  await fill(page, "#deliverMessage-secret", SECRET);
  for (let sent = 0; sent < 2; sent += 1) {
    assert.equal((await Promise.all(await submit(page, "deliverMessage")))[0], 200);
    assert.match(String(await page.evaluate(status)), / ms: stored$/);
  }
  const list = Object((await app.request("/messages?limit=2")).json);
  assert.equal(list.total, 2);
  assert.ok(Math.abs(Date.parse(list.data[1].ts) - Date.now()) < 60_000);
  assert.equal(await page.evaluate(() => document.querySelector<HTMLAnchorElement>("#deliverMessage-try .try-link a")?.href), `${app.url}/?message=${list.data[1].message_id}`);

  await fill(page, "#deliverMessage-body", JSON.stringify(delivery({ message_id: list.data[0].message_id })));
  await submit(page, "deliverMessage");
  assert.match(String(await page.evaluate(status)), /: a repeat/);
  await fill(page, "#deliverMessage-secret", "wrong");
  await submit(page, "deliverMessage");
  assert.match(String(await page.evaluate(status)), /^401 .*: refused because/);
});

browserTest("a wrong secret shows the 401 of the service", async (_t, newPage) => {
  const page = await newPage();
  await openDocs(page, await shared());
  await fill(page, "#deliverMessage-secret", "wrong");
  const [status, body] = await Promise.all(await submit(page, "deliverMessage"));
  assert.deepEqual([status, body], [401, '{\n  "detail": "invalid signature"\n}']);
}, ONLY_IN_FULL_RUN);

browserTest("a form sends its parameters encoded, and the token if there is one", async (t, newPage) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "right" } });
  await app.deliver(delivery({ message_id: "a/b c+d?\u00fc", text: "<b>x</b>" }));
  const page = await newPage();
  await openDocs(page, app);
  await fill(page, "#getMessage-message-id", "a/b c+d?\u00fc");
  assert.equal((await Promise.all(await submit(page, "getMessage")))[0], 401);
  await fill(page, "#token-input", "right");
  await page.click("#token-form button[type=submit]");
  const [status, body, curl] = await Promise.all(await submit(page, "getMessage"));
  assert.equal(status, 200);
  assert.equal(Object(JSON.parse(String(body))).text, "<b>x</b>");
  assert.ok(!String(curl).includes("right") && String(curl).includes('"Authorization: Bearer $API_TOKEN"'), String(curl));

  await fill(page, "#listMessages-from", "+919876543210");
  await fill(page, "#listMessages-limit", "1");
  const [, list] = await Promise.all(await submit(page, "listMessages"));
  assert.equal(Object(JSON.parse(String(list))).total, 1);
  await page.click("#token-forget");
  assert.equal((await Promise.all(await submit(page, "listMessages")))[0], 401);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}, ONLY_IN_FULL_RUN);

browserTest("everything can be read without JavaScript, and forms, which would not work, are hidden", async (_t, newPage) => {
  const app = await shared();
  const page = await newPage();
  await page.command("Emulation.setScriptExecutionDisabled", { value: true });
  await page.open(`${app.url}/docs`);
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("form")].some((form) => form.checkVisibility())), false);
  assert.equal(await page.evaluate(isVisible, "#deliverMessage h3"), true);
  assert.deepEqual(page.problems, []);
});

const LOOKS = (["light", "dark"] as const).flatMap((scheme) => ([[1280, 860], [390, 844], [320, 640]] as const).map((size) => [scheme, ...size] as const));

browserTest("the page is accessible in both colour schemes, on a phone and on a desktop", async (_t, newPage) => {
  const app = await shared();
  const page = await newPage();
  for (const [scheme, width, height] of LOOKS) {
    await page.setScheme(scheme);
    await page.setSize(width, height);
    await openDocs(page, app);
    await submit(page, "getStats");
    await page.evaluate(openDetails);
    const what = `${scheme} ${width}`;
    assert.deepEqual(await page.evaluate(accessibilityProblems), [], what);
    assert.deepEqual(await page.evaluate(contrastProblems), [], what);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, what);
    assert.deepEqual(page.problems, [], what);
  }
}, ONLY_IN_FULL_RUN);

browserTest("each link within the page has a target", async (_t, newPage) => {
  const page = await newPage();
  await openDocs(page, await shared());
  assert.deepEqual(await page.evaluate(danglingLinks), []);
  const operations = await page.evaluate(textsOf, ".operation h3 code");
  assert.ok(Array.isArray(operations) && operations.includes("/messages/{message_id}"));
});
