import type { Session } from "./browser.ts";
import { at, listAt } from "./json.ts";
import { until } from "./until.ts";

/** A function that runs in the page. It cannot use anything from the test's scope. */
export type Script<P extends readonly unknown[]> = (...parameters: P) => unknown;

/** One page of a browser. */
export interface BrowserPage extends Session {
  open(url: string): Promise<void>;
  /** Runs a function in the page and returns its result; parameters and result are passed as JSON. */
  evaluate<P extends readonly unknown[]>(script: Script<P>, ...parameters: P): Promise<unknown>;
  /** Waits until a function in the page returns true; rejects after five seconds, with the text of the function. */
  until<P extends readonly unknown[]>(script: Script<P>, ...parameters: P): Promise<void>;
  /** Types into the element that has the focus. */
  type(text: string): Promise<void>;
  /** Presses a key, such as `Enter`, `Escape`, `Tab`, `ArrowDown`. */
  press(key: string, options?: { readonly shift?: boolean }): Promise<void>;
  /** Clicks the middle of the first element that the selector matches. */
  click(selector: string): Promise<void>;
  /** The problems of the page so far: errors, failed loads, violations of its content security policy. */
  readonly problems: string[];
  /** Every URL that the page requested. */
  readonly requested: string[];
  setScheme(scheme: "light" | "dark", options?: { readonly reducedMotion?: boolean }): Promise<void>;
  setSize(width: number, height: number): Promise<void>;
  screenshot(): Promise<Buffer>;
  /** Another tab of the same profile. */
  newTab(): Promise<BrowserPage>;
  close(): Promise<void>;
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Tab: 9, Enter: 13, Escape: 27, PageUp: 33, PageDown: 34, End: 35, Home: 36, ArrowUp: 38, ArrowDown: 40, Backspace: 8,
};

/** The browser profile that the tabs of a page share. */
export interface Profile {
  newTab(): Promise<BrowserPage>;
  /** Closes all tabs except the first, which is empty by then, and lets a later page use it. */
  recycle(): Promise<void>;
  /** Deletes the profile, because its state is unknown. */
  discard(): Promise<unknown>;
}

/** How long the page itself polls a condition before the test polls it again. */
const POLL_MS = 500;
/** The first page of a new service takes longer, because the service has to render it. */
const LOAD_LIMIT_MS = 15_000;
const BLANK = "about:blank";

function toExpression(script: Script<never>, parameters: readonly unknown[]): string {
  return `(${script.toString()})(...${JSON.stringify(parameters)})`;
}

/** The coordinates at which to click an element, after scrolling it into view. */
function middleOf(selector: string): readonly number[] {
  const element = document.querySelector(selector);
  if (element === null) throw new Error(`Cannot click: ${selector} must be in the page`);
  element.scrollIntoView({ block: "nearest", behavior: "instant" });
  const { left, top, width, height } = element.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

export async function createPageDriver(session: Session, profile: Profile): Promise<BrowserPage> {
  const { command, on } = session;
  const problems: string[] = [];
  const requested: string[] = [];
  let loads = 0;
  on("Runtime.exceptionThrown", (event) => problems.push(`exception: ${JSON.stringify(at(event, "exceptionDetails"))}`));
  on("Runtime.consoleAPICalled", (event) => {
    if (["error", "warning", "assert"].includes(String(at(event, "type")))) problems.push(`console: ${JSON.stringify(at(event, "args"))}`);
  });
  on("Log.entryAdded", (event) => {
    if (["error", "warning"].includes(String(at(event, "entry", "level")))) problems.push(`log: ${String(at(event, "entry", "text"))} ${String(at(event, "entry", "url"))}`);
  });
  on("Audits.issueAdded", (event) => {
    const issue = JSON.stringify(at(event, "issue"));
    // Caused by the test: a click by script is not a user gesture.
    if (!issue.includes("NavigationEntryMarkedSkippable")) problems.push(`issue: ${issue}`);
  });
  on("Page.loadEventFired", () => {
    loads += 1;
  });
  on("Network.requestWillBeSent", (event) => requested.push(String(at(event, "request", "url"))));
  // Enabling a domain reports its earlier entries, too: those of the page that a reused tab showed before, such as a tail that was cut off.
  for (const clear of ["Runtime.discardConsoleEntries", "Log.clear"]) await command(clear);
  for (const domain of ["Runtime", "Log", "Network", "Page", "Audits"]) await command(`${domain}.enable`);

  function evaluate<P extends readonly unknown[]>(script: Script<P>, ...parameters: P): Promise<unknown> {
    return evaluateExpression(toExpression(script, parameters));
  }

  async function evaluateExpression(expression: string): Promise<unknown> {
    const response = await command("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    const thrown = at(response, "exceptionDetails", "exception", "description");
    if (thrown !== undefined) throw new Error(`${expression}: ${String(thrown)}`);
    return at(response, "result", "value");
  }

  async function setMedia(features: Readonly<Record<string, string>>): Promise<void> {
    await command("Emulation.setEmulatedMedia", { features: Object.entries(features).map(([name, value]) => ({ name, value })) });
  }

  async function load(url: string, begin: () => Promise<unknown>): Promise<void> {
    const before = loads;
    await begin();
    await until(`${url} is loaded`, () => loads > before, { limitMs: LOAD_LIMIT_MS });
  }

  /** Makes the tab like a new one, except that it keeps its process. */
  async function reset(): Promise<void> {
    const origins = new Set(requested.map((url) => new URL(url).origin).filter((origin) => origin !== "null"));
    if (origins.size > 1) throw new Error("Cannot reuse a tab: it must have shown one origin only, because the session storage of other origins cannot be cleared");
    // The page itself navigates away: if the browser did, the next page would get a new process.
    await load(BLANK, () => evaluate((blank) => {
      if (location.protocol.startsWith("http")) sessionStorage.clear();
      location.replace(blank);
    }, BLANK));
    for (const origin of origins) await command("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    await command("Page.resetNavigationHistory");
    await command("Input.dispatchMouseEvent", { type: "mouseMoved", x: -1, y: -1 });
  }

  return {
    command,
    on,
    problems,
    requested,
    evaluate,
    open: (url) => load(url, () => command("Page.navigate", { url })),
    async until(script, ...parameters) {
      const expression = toExpression(script, parameters);
      // Polls with a timer of the page, so that it follows the page's clock.
      const polling = `new Promise((resolve) => { const poll = () => document.readyState === "complete" && (${expression}) ? resolve(true) : setTimeout(poll, 16); poll(); })`;
      const late = `new Promise((resolve) => setTimeout(resolve, ${POLL_MS}, false))`;
      await until(`in the page ${expression}`, async () => {
        try {
          return (await evaluateExpression(`Promise.race([${polling}, ${late}])`)) === true;
        } catch (error) {
          // Reloading a page ends every evaluation in the previous document.
          if (/context|navigated/i.test(String(error))) return false;
          throw error;
        }
      });
    },
    type: async (text) => void (await command("Input.insertText", { text })),
    async press(key, options = {}) {
      const event = { key, code: key, windowsVirtualKeyCode: KEY_CODES[key], modifiers: options.shift ? 8 : 0, ...(key === "Enter" && { text: "\r" }) };
      await command("Input.dispatchKeyEvent", { ...event, type: "keyDown" });
      await command("Input.dispatchKeyEvent", { ...event, type: "keyUp", text: undefined });
    },
    async click(selector) {
      const [x, y] = listAt(await evaluate(middleOf, selector));
      for (const type of ["mousePressed", "mouseReleased"]) await command("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    },
    setScheme: (scheme, options = {}) =>
      setMedia({ "prefers-color-scheme": scheme, "prefers-reduced-motion": options.reducedMotion ? "reduce" : "no-preference" }),
    setSize: async (width, height) =>
      void (await command("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 })),
    screenshot: async () => Buffer.from(String(at(await command("Page.captureScreenshot", { format: "png" }), "data")), "base64"),
    newTab: profile.newTab,
    async close() {
      try {
        await reset();
        await profile.recycle();
      } catch {
        await profile.discard();
      }
    },
  };
}
