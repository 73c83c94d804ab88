import type { SequencedMessage } from "../../core/message.ts";
import { createAddress } from "./address.ts";
import { createAnnouncer } from "./announcer.ts";
import { createApi } from "./api.ts";
import { createDetail } from "./detail.ts";
import { byId } from "./dom.ts";
import { createExport } from "./export.ts";
import { createFilterForm } from "./filter-form.ts";
import { isFiltered, type Filters } from "./filters.ts";
import { countOf } from "./format.ts";
import { createGather } from "./gather.ts";
import { createHold } from "./hold.ts";
import { createListNotes } from "./list-notes.ts";
import { createMessageList } from "./message-list.ts";
import { createOverview } from "./overview.ts";
import { createShortcuts } from "./shortcuts.ts";
import type { TailState } from "./tail.ts";
import { createTimeControls } from "./time-controls.ts";
import { toInstant } from "./timeline.ts";
import { createTimes } from "./times.ts";
import { createTokenForm } from "./token-form.ts";
import { createWindowTail } from "./window-tail.ts";

const STATES: Readonly<Record<TailState, string>> = {
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  paused: "Paused",
  unavailable: "Not live",
};

const rowList = byId("rows", HTMLUListElement);
const api = createApi();
const announcer = createAnnouncer(byId("announcements", HTMLElement));
const address = createAddress(() => {
  filterForm.follow();
  detail.follow();
});
const times = createTimes(() => {
  filterForm.showTimes();
  overview.follow();
});
const tokenForm = createTokenForm(api, start);
const filterForm = createFilterForm({
  address,
  zone: times.zone,
  onChange(filters) {
    void list.load(filters);
    overview.follow();
  },
});
const detail = createDetail({
  api,
  address,
  times,
  onFilter: (field, number) => filterForm.set({ [field]: number }),
  neighbour: (message, steps) => list.neighbour(message, steps),
});
const overview = createOverview({
  api,
  times,
  filters: filterForm.current,
  onSender: (from) => filterForm.set({ from }),
  onSenders: () => notes.refresh(),
  onBucket: (startMs, endMs) => filterForm.set({ since: toInstant(startMs), until: toInstant(endMs) }),
});
const notes = createListNotes({
  filters: filterForm.current,
  senders: overview.senders,
  onSender: (from) => filterForm.set({ from }),
  onId(id) {
    address.openMessage(id);
    detail.follow();
  },
  onRetry: tryAgain,
});
const hold = createHold({ list: rowList, dialog: byId("detail", HTMLDialogElement), onRelease: () => list.release() });

const list = createMessageList({
  api,
  times,
  list: rowList,
  above: byId("above", HTMLElement),
  below: byId("below", HTMLElement),
  isHeld: hold.isHeld,
  onOpen: (message) => detail.open(message),
  onUnauthorized: requestToken,
  onChange(view) {
    notes.show(view);
    document.title = titleOf(filterForm.current(), view.newer ?? 0);
  },
  onLoaded(total) {
    announcer.say(`${countOf(total, "message")}${isFiltered(filterForm.current()) ? " found" : ""}`);
    tokenForm.accepted();
    // The service responds, so other retries can start now.
    tail.wake();
    overview.retry();
  },
});

const gather = createGather<SequencedMessage>((messages) => {
  list.arrived(messages);
  announcer.count(messages.length);
  overview.refresh();
});

const tail = createWindowTail({
  api,
  onMessages: gather,
  onState(state) {
    const live = byId("live", HTMLElement);
    live.dataset["state"] = state;
    byId("live-text", HTMLElement).textContent = STATES[state];
    if (state !== "live") return;
    list.recover();
    overview.retry();
  },
  onGap() {
    list.missed();
    overview.refresh();
  },
  onReset() {
    void list.load();
    overview.refresh();
    byId("history", HTMLElement).hidden = false;
  },
  onUnauthorized: requestToken,
});

function tryAgain(): void {
  list.retry();
  overview.retry();
  tail.wake();
}

function requestToken(): void {
  tail.stop();
  tokenForm.show();
}

/** Starts the stream first, so that it delivers what is committed while the list is being loaded. */
function start(): void {
  tail.start();
  void list.load(filterForm.current());
  overview.follow();
  detail.follow();
}

/** The title in the browser's tabs: new messages and the search. */
function titleOf(filters: Filters, newer: number): string {
  const { order: _order, ...values } = filters;
  const search = Object.values(values).filter((value) => value !== "").join(", ");
  return `${newer > 0 ? `(${newer}) ` : ""}${search === "" ? "" : `${search} · `}Inbox · webhook-inbox`;
}

createExport(api, filterForm.current);
byId("history-close", HTMLButtonElement).addEventListener("click", () => {
  byId("history", HTMLElement).hidden = true;
});
const pause = byId("pause", HTMLButtonElement);
pause.addEventListener("click", () => {
  const isPaused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(isPaused));
  hold.set("pause", isPaused);
});
createTimeControls({ times, onRange: (since, until) => filterForm.set({ since, until }) });
createShortcuts(byId("q", HTMLInputElement));
byId("newer", HTMLButtonElement).addEventListener("click", () => void list.toTop());
// While the page is hidden, new messages are only counted in the title; they are shown once somebody looks.
document.addEventListener("visibilitychange", () => hold.set("hidden", document.hidden));
hold.set("hidden", document.hidden);
byId("overview", HTMLDetailsElement).open = matchMedia("(min-width: 62rem)").matches;

start();
