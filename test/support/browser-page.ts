import type { Session } from "./browser.ts";
import { at, listAt } from "./json.ts";

/** One page of a browser. */
export interface BrowserPage extends Session {
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression in the page is true. */
  until(expression: string): Promise<void>;
  /** Types into what has the focus. */
  type(text: string): Promise<void>;
  /** Presses a key, such as `Enter`, `Escape`, `Tab`, `ArrowDown`. */
  press(key: string, options?: { readonly shift?: boolean }): Promise<void>;
  /** Clicks into the middle of the first element that the selector finds. */
  click(selector: string): Promise<void>;
  /** What went wrong in the page so far: errors, failed loads, refusals of its policy. */
  readonly problems: string[];
  /** Every address that the page asked for. */
  readonly requested: string[];
  setScheme(scheme: "light" | "dark", options?: { readonly reducedMotion?: boolean }): Promise<void>;
  setSize(width: number, height: number): Promise<void>;
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Tab: 9, Enter: 13, Escape: 27, PageUp: 33, PageDown: 34, End: 35, Home: 36, ArrowUp: 38, ArrowDown: 40, Backspace: 8,
};

export async function createPageDriver(session: Session, dispose: () => Promise<unknown>): Promise<BrowserPage> {
  const { command, on } = session;
  const problems: string[] = [];
  const requested: string[] = [];
  on("Runtime.exceptionThrown", (event) => problems.push(`exception: ${JSON.stringify(at(event, "exceptionDetails"))}`));
  on("Runtime.consoleAPICalled", (event) => {
    if (["error", "warning", "assert"].includes(String(at(event, "type")))) problems.push(`console: ${JSON.stringify(at(event, "args"))}`);
  });
  on("Log.entryAdded", (event) => {
    if (["error", "warning"].includes(String(at(event, "entry", "level")))) problems.push(`log: ${String(at(event, "entry", "text"))} ${String(at(event, "entry", "url"))}`);
  });
  on("Audits.issueAdded", (event) => problems.push(`issue: ${JSON.stringify(at(event, "issue"))}`));
  on("Network.requestWillBeSent", (event) => requested.push(String(at(event, "request", "url"))));
  for (const domain of ["Runtime", "Log", "Network", "Page", "Audits"]) await command(`${domain}.enable`);

  async function evaluate(expression: string): Promise<unknown> {
    const answer = await command("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    const thrown = at(answer, "exceptionDetails", "exception", "description");
    if (thrown !== undefined) throw new Error(`${expression}: ${String(thrown)}`);
    return at(answer, "result", "value");
  }

  async function setMedia(features: Readonly<Record<string, string>>): Promise<void> {
    await command("Emulation.setEmulatedMedia", { features: Object.entries(features).map(([name, value]) => ({ name, value })) });
  }

  return {
    command,
    on,
    problems,
    requested,
    evaluate,
    async open(url) {
      const loaded = new Promise((resolve) => on("Page.loadEventFired", resolve));
      await command("Page.navigate", { url });
      await loaded;
    },
    // Looks again with each frame and each timer of the page's own clock; the test's time limit ends it.
    async until(expression) {
      const looking = `new Promise((resolve) => { const look = () => document.readyState === "complete" && (${expression}) ? resolve(true) : setTimeout(look, 16); look(); })`;
      // A page that is loaded anew ends what was evaluated in the one before it.
      while (!(await evaluate(looking).catch((error) => (/context|navigated/i.test(String(error)) ? false : Promise.reject(error)))));
    },
    type: async (text) => void (await command("Input.insertText", { text })),
    async press(key, options = {}) {
      const event = { key, code: key, windowsVirtualKeyCode: KEY_CODES[key], modifiers: options.shift ? 8 : 0, ...(key === "Enter" && { text: "\r" }) };
      await command("Input.dispatchKeyEvent", { ...event, type: "keyDown" });
      await command("Input.dispatchKeyEvent", { ...event, type: "keyUp", text: undefined });
    },
    async click(selector) {
      const place = await evaluate(`(() => {
        const element = document.querySelector(${JSON.stringify(selector)});
        element.scrollIntoView({ block: "nearest", behavior: "instant" });
        const { left, top, width, height } = element.getBoundingClientRect();
        return [left + width / 2, top + height / 2];
      })()`);
      const [x, y] = listAt(place);
      for (const type of ["mousePressed", "mouseReleased"]) await command("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    },
    setScheme: (scheme, options = {}) =>
      setMedia({ "prefers-color-scheme": scheme, "prefers-reduced-motion": options.reducedMotion ? "reduce" : "no-preference" }),
    setSize: async (width, height) =>
      void (await command("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 })),
    screenshot: async () => Buffer.from(String(at(await command("Page.captureScreenshot", { format: "png" }), "data")), "base64"),
    close: async () => void (await dispose()),
  };
}
