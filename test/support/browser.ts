import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { createPageDriver, type BrowserPage } from "./browser-page.ts";
import { at } from "./json.ts";
import { until } from "./until.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The path of an installed Chromium; undefined if there is none. */
export const CHROMIUM: string | undefined = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** The `skip` of each test that needs a browser; it says what to install. */
export const SKIP_WITHOUT_BROWSER: string | false =
  CHROMIUM === undefined ? "NOT TESTED: no Chromium is installed (Debian: apt-get install chromium)" : false;

/** Sends a command of the DevTools protocol and returns its result. */
export type Command = (method: string, params?: object) => Promise<unknown>;

export interface Session {
  readonly command: Command;
  /** Calls `take` with each later event of this name. */
  on(method: string, take: (params: unknown) => void): void;
}

export interface Browser {
  /** A page in an empty profile that nothing else uses. */
  newPage(): Promise<BrowserPage>;
  close(): Promise<void>;
}

/**
 * Runs a command until standard input ends, then removes its folder. However the process of the test ends, the pipe is closed,
 * so no browser outlives it. Only the command writes to standard error, which is closed when the command ends.
 */
const WHILE_READ = 'folder=$1; shift; "$@" < /dev/null & exec 2> /dev/null; cat > /dev/null; kill $!; wait; rm -rf "$folder"';

/** A running Chromium. */
export interface Chromium {
  /** The WebSocket URL of its DevTools protocol. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** The environment variable that holds the endpoint of the Chromium that a test run shares. */
const SHARED = "WEBHOOK_INBOX_TEST_CHROMIUM";

interface Tab {
  readonly browserContextId: string;
  readonly targetId: string;
}

/** Starts a Chromium for all files of a test run: every process started later finds it through the environment. */
export async function shareChromium(): Promise<Chromium> {
  const chromium = await startChromium();
  process.env[SHARED] = chromium.endpoint;
  return chromium;
}

/** Starts a headless Chromium. */
async function startChromium(): Promise<Chromium> {
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-browser-"));
  const child = spawn("/bin/sh", [
    "-c", WHILE_READ, "sh", folder, CHROMIUM ?? "",
    "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "--no-first-run", "--no-default-browser-check",
    "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars", "--lang=en-GB",
    // Otherwise it reports each tab that resets itself as a page that manipulates the history.
    "--disable-features=DIPS",
    // Chromium refuses to run as root inside its sandbox.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "about:blank",
  ], { stdio: ["pipe", "ignore", "pipe"], env: { ...process.env, TZ: "UTC", LANG: "en_GB.UTF-8" } });
  return {
    endpoint: await endpointOf(child),
    async close() {
      const exited = once(child, "close");
      child.stdin.end();
      await exited;
    },
  };
}

/** Drives the Chromium of the test run, or a new one, over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
export async function launchBrowser(): Promise<Browser> {
  const shared = process.env[SHARED];
  const chromium = shared === undefined ? await startChromium() : { endpoint: shared, close: async () => undefined };
  const socket = new WebSocket(chromium.endpoint);
  await once(socket, "open");
  const events = new EventEmitter();
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;

  socket.addEventListener("message", ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    const id = at(message, "id");
    if (typeof id !== "number") {
      events.emit(`${String(at(message, "sessionId") ?? "browser")} ${String(at(message, "method"))}`, at(message, "params"));
      return;
    }
    const pending = waiting.get(id);
    waiting.delete(id);
    const error = at(message, "error", "message");
    if (error === undefined) pending?.resolve(at(message, "result"));
    else pending?.reject(new Error(String(error)));
  });

  function command(method: string, params: object, sessionId?: string): Promise<unknown> {
    lastId += 1;
    const id = lastId;
    socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  }

  /** Tabs that were reset, each the only one of its profile: creating a new one takes three times as long as loading a page. */
  const idleTabs: Tab[] = [];
  const closedTabs = new Set<string>();
  events.on("browser Target.targetDestroyed", (event) => closedTabs.add(String(at(event, "targetId"))));
  await command("Target.setDiscoverTargets", { discover: true });

  async function createTab(browserContextId: string, newWindow: boolean): Promise<Tab> {
    const targetId = String(at(await command("Target.createTarget", { url: "about:blank", browserContextId, newWindow }), "targetId"));
    return { browserContextId, targetId };
  }

  async function createProfile(): Promise<Tab> {
    return createTab(String(at(await command("Target.createBrowserContext", { disposeOnDetach: true }), "browserContextId")), true);
  }

  return {
    async newPage() {
      const first = idleTabs.pop() ?? (await createProfile());
      const { browserContextId } = first;
      const others: string[] = [];
      async function drive({ targetId }: Tab): Promise<BrowserPage> {
        const sessionId = String(at(await command("Target.attachToTarget", { targetId, flatten: true }), "sessionId"));
        return createPageDriver({
          command: (method, params = {}) => command(method, params, sessionId),
          on: (method, take) => void events.on(`${sessionId} ${method}`, take),
        }, {
          async newTab() {
            const tab = await createTab(browserContextId, false);
            others.push(tab.targetId);
            return drive(tab);
          },
          async recycle() {
            if (closedTabs.has(first.targetId)) throw new Error("Cannot reuse a profile: its first tab must be open");
            for (const tab of others) if (!closedTabs.has(tab)) await command("Target.closeTarget", { targetId: tab });
            await until("the tabs are closed", () => others.every((tab) => closedTabs.has(tab)));
            // Detaching also resets everything that the session has set: sizes, media, scripts.
            await command("Target.detachFromTarget", { sessionId });
            idleTabs.push(first);
          },
          discard: () => command("Target.disposeBrowserContext", { browserContextId }),
        });
      }
      return drive(first);
    },
    async close() {
      socket.close();
      await chromium.close();
    },
  };
}

/** The URL that Chromium prints to standard error. */
function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      const [, endpoint] = /^DevTools listening on (ws:\S+)$/m.exec(output) ?? [];
      if (endpoint !== undefined) resolve(endpoint);
    });
    child.once("error", reject);
    child.stderr?.once("end", () => {
      child.stdin?.end();
      reject(new Error(`Cannot drive Chromium: it must start, but ended: ${output}`));
    });
  });
}
