import assert from "node:assert/strict";
import { browserTests, sharedInbox } from "../support/inbox-page.ts";
import { stored } from "../support/inbox-service.ts";
import { countOf, hasText, isOpen, isReady, textsOf } from "../support/page-scripts.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const browserTest = browserTests();
const shared = sharedInbox([
  ...Array.from({ length: 60 }, (_, index) => stored(index)),
  stored(100, { message_id: "a/b ü?", text: '{"order":{"id":7,"note":"seven Seven"}}' }),
  stored(101, { message_id: "blank", text: " \n\n " }),
]);

const shownText = (): string | null | undefined => document.querySelector("#detail-text")?.textContent;

browserTest("a message has a URL that opens it, and Back closes it", async (_t, newPage) => {
  const { url } = await shared();
  const page = await newPage();
  await page.open(`${url}/?message=${encodeURIComponent("a/b ü?")}`);
  await page.until(isOpen, "#detail");
  assert.deepEqual(JSON.parse(String(await page.evaluate(shownText))), { order: { id: 7, note: "seven Seven" } });
  assert.ok(String(await page.evaluate(shownText)).includes("\n  "), "JSON is formatted");

  await page.open(url);
  await page.until(isReady);
  await page.click("#rows li:nth-child(4) .row");
  await page.until(isOpen, "#detail");
  assert.equal(await page.evaluate(() => new URLSearchParams(location.search).get("message")), "m0000058");
  await page.evaluate(() => history.back());
  await page.until(() => location.search === "" && document.querySelector<HTMLDialogElement>("#detail")?.open === false);
  await page.evaluate(() => history.forward());
  await page.until(isOpen, "#detail");
  await page.press("Escape");
  await page.until(() => location.search === "" && document.querySelector<HTMLDialogElement>("#detail")?.open === false);
  assert.deepEqual(page.problems, []);
});

browserTest("a message that is opened while another one closes stays open, with its URL", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  for (let round = 0; round < 5; round += 1) {
    const id = await page.evaluate(async (isLater) => {
      const [first, second] = document.querySelectorAll<HTMLElement>("#rows .row");
      first?.click();
      document.querySelector<HTMLDialogElement>("#detail")?.close();
      // The close event is dispatched in its own task, and the navigation back in a later one.
      if (isLater) await new Promise((resolve) => document.querySelector("#detail")?.addEventListener("close", resolve, { once: true }));
      second?.click();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { open } = document.querySelector<HTMLDialogElement>("#detail") ?? { open: false };
      document.querySelector<HTMLDialogElement>("#detail")?.close();
      return open ? document.querySelector("#detail-fields dd:last-of-type")?.textContent : "closed";
    }, round % 2 === 1);
    assert.equal(id, "a/b ü?");
    await page.until(() => location.search === "");
  }
}, ONLY_IN_FULL_RUN);

browserTest("a URL of a message that does not exist says so", async (_t, newPage) => {
  const page = await newPage();
  await page.open(`${(await shared()).url}/?message=none`);
  await page.until(() => document.querySelector("#detail-text")?.textContent === "No message has the id none");
}, ONLY_IN_FULL_RUN);

browserTest("Back undoes a filter, and a typed word is one step", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  await page.click("#q");
  await page.type("number 1");
  await page.until(() => location.search === "?q=number+1");
  await page.type("7");
  await page.until(() => location.search === "?q=number+17" && document.querySelector("#count")?.textContent === "1 message");
  assert.equal(await page.evaluate(() => document.title), "number 17 · Inbox · webhook-inbox");
  await page.evaluate(() => history.back());
  await page.until(() => location.search === "" && document.querySelector("#count")?.textContent === "62 messages");
  assert.equal(await page.evaluate(() => document.querySelector<HTMLInputElement>("#q")?.value), "");
}, ONLY_IN_FULL_RUN);

browserTest("j, k and the arrow keys move from message to message", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  await page.click("#rows li:nth-child(3) .row");
  await page.until(isOpen, "#detail");
  const seen: unknown[] = [];
  for (const key of ["j", "ArrowRight", "k", "ArrowLeft"]) {
    await page.press(key);
    seen.push(await page.evaluate(shownText));
  }
  assert.deepEqual(seen, ["Message number 58", "Message number 57", "Message number 58", "Message number 59"]);
  assert.equal(await page.evaluate(() => new URLSearchParams(location.search).get("message")), "m0000059");
}, ONLY_IN_FULL_RUN);

browserTest("matches of a search are marked in the row and in the message", async (_t, newPage) => {
  const page = await newPage();
  await page.open(`${(await shared()).url}/?q=seven`);
  await page.until(isReady);
  assert.deepEqual(await page.evaluate(textsOf, "#rows mark"), ["seven", "Seven"]);
  await page.click("#rows .row");
  await page.until(isOpen, "#detail");
  assert.deepEqual(await page.evaluate(textsOf, "#detail-text mark"), ["seven", "Seven"]);
});

browserTest("selecting the text of a row does not open the message, and a click does", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  const [x, y] = Object(await page.evaluate(() => {
    const { left, top, height } = document.querySelector("#rows li:nth-child(4) .text")?.getBoundingClientRect() ?? new DOMRect();
    return [left, top + height / 2];
  }));
  const mouse = (type: string, toX: number, buttons: number): Promise<unknown> =>
    page.command("Input.dispatchMouseEvent", { type, x: toX, y, button: "left", buttons, clickCount: 1 });
  await mouse("mousePressed", x + 1, 1);
  for (const step of [20, 80, 200]) await mouse("mouseMoved", x + step, 1);
  await mouse("mouseReleased", x + 200, 0);
  assert.equal(await page.evaluate(() => String(getSelection())), "Message number 58");
  assert.equal(await page.evaluate(isOpen, "#detail"), false);
  await page.click("#rows li:nth-child(5) .row");
  await page.until(isOpen, "#detail");
  assert.equal(await page.evaluate(shownText), "Message number 57");
}, ONLY_IN_FULL_RUN);

browserTest("a double click on a row selects the word and does not open the message", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  const at = Object(await page.evaluate(() => {
    const { left, top, height } = document.querySelector("#rows li:nth-child(4) .text")?.getBoundingClientRect() ?? new DOMRect();
    return { x: left + 5, y: top + height / 2 };
  }));
  for (const clickCount of [1, 2]) {
    for (const type of ["mousePressed", "mouseReleased"]) await page.command("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount });
  }
  await page.until(() => String(getSelection()).trim() === "Message");
  await page.click("#rows li:nth-child(5) .row");
  await page.until(isOpen, "#detail");
  assert.equal(await page.evaluate(shownText), "Message number 57", "the first message was never opened");
}, ONLY_IN_FULL_RUN);

browserTest("a text of only line breaks is described in its row", async (_t, newPage) => {
  const page = await newPage();
  await page.open((await shared()).url);
  await page.until(isReady);
  assert.equal(await page.evaluate(() => document.querySelector("#rows .text")?.textContent), "only spaces and line breaks");
}, ONLY_IN_FULL_RUN);

browserTest("id, text, JSON and a curl command can be copied", async (_t, newPage) => {
  const { url } = await shared();
  const page = await newPage();
  await page.open(`${url}/?message=m0000007`);
  await page.until(isOpen, "#detail");
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text: string) => void (document.documentElement.dataset["copied"] = text) } });
  });
  const copied: unknown[] = [];
  for (const index of [0, 1, 2, 3]) {
    await page.evaluate((at) => document.querySelectorAll<HTMLElement>("#detail-copy button")[at]?.click(), index);
    copied.push(await page.evaluate(() => document.documentElement.dataset["copied"]));
  }
  assert.deepEqual([copied[0], copied[1], Object(JSON.parse(String(copied[2]))).message_id, copied[3]], ["m0000007", "Message number 7", "m0000007", `curl '${url}/messages/m0000007'`]);
});

browserTest("a button copies even without the clipboard API, as over plain http from another machine", async (_t, newPage) => {
  const page = await newPage();
  await page.command("Page.addScriptToEvaluateOnNewDocument", {
    source: "Object.defineProperty(window, 'isSecureContext', { value: false }); delete Navigator.prototype.clipboard;",
  });
  await page.open(`${(await shared()).url}/?message=m0000007`);
  await page.until(isOpen, "#detail");
  await page.evaluate(() => document.addEventListener("copy", () => {
    const { activeElement: field } = document;
    document.documentElement.dataset["copied"] = field instanceof HTMLTextAreaElement ? field.value.slice(field.selectionStart, field.selectionEnd) : "";
  }));
  await page.click("#detail-copy button");
  await page.until(hasText, "#detail-copy [role=status]", "Copy id: copied");
  assert.equal(await page.evaluate(() => document.documentElement.dataset["copied"]), "m0000007");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Copy id");
  assert.equal(await page.evaluate(countOf, "textarea"), 0);
}, ONLY_IN_FULL_RUN);

browserTest("an invalid time in the URL is shown in its field", async (_t, newPage) => {
  const page = await newPage();
  await page.open(`${(await shared()).url}/?since=garbage`);
  await page.until(() => document.querySelector("#notice")?.checkVisibility() === true);
  const field = await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>("#since");
    return [input?.value, input?.getAttribute("aria-invalid")];
  });
  assert.deepEqual(field, ["garbage", "true"]);
  await page.click("#clear");
  await page.until(() => document.querySelector("#count")?.textContent === "62 messages");
  assert.equal(await page.evaluate(() => document.querySelector<HTMLInputElement>("#since")?.type), "datetime-local");
}, ONLY_IN_FULL_RUN);
