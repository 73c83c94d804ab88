import type { StoredMessage } from "../../core/message.ts";
import { createApi } from "./api.ts";
import { createDetail } from "./detail.ts";
import { byId } from "./dom.ts";
import { createFilterForm } from "./filter-form.ts";
import { isFiltered } from "./filters.ts";
import { countOf } from "./format.ts";
import { createMessageList } from "./message-list.ts";
import { createOverview } from "./overview.ts";
import { createTail, type TailState } from "./tail.ts";
import { createTokenForm } from "./token-form.ts";

/** Arrivals are put in together: a busy service must not redraw the page at every message. */
const GATHER_MS = 250;
/** A screen reader is told of arrivals no more often than this. */
const ANNOUNCE_MS = 5000;

const STATES: Readonly<Record<TailState, string>> = {
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  paused: "Paused",
  unavailable: "Not live",
};

const announcements = byId("announcements", HTMLElement);
const count = byId("count", HTMLElement);
const notice = byId("notice", HTMLElement);
const newer = byId("newer", HTMLButtonElement);
const end = byId("end", HTMLElement);
const first = byId("first", HTMLElement);
const rowList = byId("rows", HTMLUListElement);

const api = createApi();
const tokenForm = createTokenForm(api, start);
const filterForm = createFilterForm((filters) => void list.load(filters));
const detail = createDetail({ onFilter: (field, number) => filterForm.set({ [field]: number }) });
const overview = createOverview({
  api,
  onSender: (from) => filterForm.set({ from }),
  onBucket: (startMs, endMs) => filterForm.set({ since: toInstant(startMs), until: toInstant(endMs) }),
});

const list = createMessageList({
  api,
  list: rowList,
  above: byId("above", HTMLElement),
  below: byId("below", HTMLElement),
  onOpen: (message) => detail.open(message),
  onTotal(total) {
    count.textContent = countOf(total, "message");
  },
  onLoaded(total) {
    notice.hidden = true;
    const filtered = isFiltered(filterForm.current());
    announcements.textContent = `${countOf(total, "message")}${filtered ? " found" : ""}`;
  },
  onNewer(waiting) {
    newer.hidden = waiting === 0;
    newer.textContent = `↑ ${countOf(waiting, "new message")}`;
  },
  onFailure(answer) {
    if (answer.kind === "unauthorized") {
      askForToken();
      return;
    }
    byId("notice-text", HTMLElement).textContent = answer.message;
    notice.hidden = false;
    // Nobody knows whether there are none.
    if (rowList.childElementCount === 0) showEnd("");
  },
  onBusy(busy) {
    rowList.setAttribute("aria-busy", String(busy));
    if (busy) showEnd("Loading");
    else if (rowList.childElementCount > 0) showEnd("");
    else if (isFiltered(filterForm.current())) showEnd("No message matches these filters");
    else showEnd("No messages yet. They appear here as they arrive.", { first: true });
  },
});

/** What stands below the last row; `first` shows how to send a first message. */
function showEnd(text: string, options: { readonly first?: boolean } = {}): void {
  end.textContent = text;
  first.hidden = options.first !== true;
}

let arrivals: StoredMessage[] = [];
let unannounced = 0;
let gathering = false;
let announcing = false;

function takeArrivals(): void {
  gathering = false;
  list.arrived(arrivals);
  if (rowList.childElementCount > 0 && rowList.getAttribute("aria-busy") === "false") showEnd("");
  unannounced += arrivals.length;
  arrivals = [];
  overview.refresh();
  if (!announcing) announce();
}

function announce(): void {
  announcing = unannounced > 0;
  if (!announcing) return;
  announcements.textContent = `${countOf(unannounced, "new message")} arrived`;
  unannounced = 0;
  setTimeout(announce, ANNOUNCE_MS);
}

const tail = createTail({
  api,
  onMessage(message) {
    arrivals.push(message);
    if (gathering) return;
    gathering = true;
    setTimeout(takeArrivals, GATHER_MS);
  },
  onState(state) {
    const live = byId("live", HTMLElement);
    live.dataset["state"] = state;
    byId("live-text", HTMLElement).textContent = STATES[state];
  },
  onGap() {
    void list.load();
    overview.refresh();
  },
  onUnauthorized: askForToken,
});

function askForToken(): void {
  tail.stop();
  tokenForm.ask();
}

/** The stream first: what is committed while the list is on its way comes through it. */
function start(): void {
  tail.start();
  overview.refresh();
  void list.load(filterForm.current());
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

newer.addEventListener("click", () => void list.toTop());
byId("retry", HTMLButtonElement).addEventListener("click", () => {
  notice.hidden = true;
  list.retry();
});
// A browser has few connections to one host for all of its tabs: those that nobody sees give theirs back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) tail.stop();
  else if (!byId("inbox", HTMLElement).hidden) tail.start();
});
const overviewBox = byId("overview", HTMLDetailsElement);
overviewBox.open = matchMedia("(min-width: 62rem)").matches;

start();
