import type { StoredMessage } from "../../core/message.ts";
import type { Api } from "./api.ts";
import { createMatcher, createSearch, NO_FILTERS, toParameters, type Filters } from "./filters.ts";
import { nextState, retryOf, DISPLAYS, type ListEvent, type ListState, type ListView } from "./list-state.ts";
import { createRow } from "./message-row.ts";
import { ORDERINGS } from "./order.ts";
import { fetchRange, type MessageRange } from "./page-source.ts";
import { createRecovery } from "./recovery.ts";
import { createReach } from "./reach.ts";
import { createRowKeys } from "./row-keys.ts";
import type { Times } from "./times.ts";
import { createPage, createRowWindow, pagesFrom, type Row, type WindowElements } from "./row-window.ts";

export interface ListOptions extends WindowElements {
  readonly api: Api;
  readonly times: Pick<Times, "create">;
  /** Whether arrivals must not change the rows now. */
  readonly isHeld: () => boolean;
  readonly onOpen: (message: StoredMessage) => void;
  readonly onUnauthorized: () => void;
  /** Called when the view has changed. */
  readonly onChange: (view: ListView) => void;
  /** Called when the first page has been loaded. */
  readonly onLoaded: (total: number) => void;
}

/** The endless list of messages, newest first. The number of rows in the document is bounded. */
export interface MessageList {
  /** Loads the list again, from the newest messages. */
  load(filters?: Filters): Promise<void>;
  /** Adds messages that have just been stored. */
  arrived(messages: readonly StoredMessage[]): void;
  /** Messages may have been missed: they are loaded if the reader is at the top, otherwise offered. */
  missed(): void;
  /** Arrivals are no longer held back. */
  release(): void;
  /** Loads the list again and puts the focus on the newest message. */
  toTop(): Promise<void>;
  /** Retries what failed. */
  retry(): void;
  /** The service responds again: retries at once what may succeed now, but not what it refused. */
  recover(): void;
  /** The message this many rows further down; undefined if there is no such row. */
  neighbour(message: StoredMessage, steps: number): StoredMessage | undefined;
}

/** Above these numbers, arrivals are not inserted one by one: the list is loaded again. */
const MAX_ARRIVALS = 100;
const MAX_FIRST_ROWS = 150;
/** Messages that arrive this soon after a count was loaded may be included in it. */
const UNSURE_MS = 2000;

/** An empty list; `load` fills it. */
export function createMessageList(options: ListOptions): MessageList {
  const { api, list, above, times } = options;
  const rows = createRowWindow({ ...options, ordering: () => ORDERINGS[filters.order] });
  const keys = createRowKeys(list);
  const reach = createReach({ list, above, rows });
  const recovery = createRecovery(retry);
  let filters = NO_FILTERS;
  let matches = createMatcher(filters);
  let search = createSearch(filters.q);
  let loading = new AbortController();
  let state: ListState = "loading";
  let reason = "";
  let total = 0;
  let newer: number | undefined = 0;
  /** Arrivals that wait for the list, or for the reader. */
  let waiting: StoredMessage[] = [];
  /** Whether too many messages arrived to insert one by one: the list is loaded again once the reader is at the top. */
  let isStale = false;
  let countedAtMs = 0;
  let recounting: number | undefined;

  const toRow = (message: StoredMessage): Row => {
    const ts = ORDERINGS[filters.order].timeOf(message);
    return { message, element: createRow(message, { search, times, ts, onOpen: () => options.onOpen(message) }) };
  };

  function report(): void {
    options.onChange({ state, total: DISPLAYS[state].counted ? total : undefined, reason, newer });
  }

  function step(event: ListEvent): void {
    state = nextState(state, event);
    if (event !== "fail") reason = "";
    if (!DISPLAYS[state].rows) rows.clear();
    report();
  }

  /** Loads one page; undefined if that failed and the failure has been handled. */
  async function request(
    signal: AbortSignal,
    page: { readonly cursor: string | undefined; readonly before: StoredMessage | undefined },
  ): Promise<MessageRange | undefined> {
    const response = await fetchRange(api, { filters, signal, ...page });
    if (signal.aborted || response.kind === "aborted") return undefined;
    if (response.kind === "ok") {
      recovery.succeeded();
      return response.value;
    }
    if (response.kind === "failed") reason = response.message;
    step("fail");
    if (response.kind === "unauthorized") options.onUnauthorized();
    else recovery.failed(response.isRetryable);
    return undefined;
  }

  async function fetchPage(index: number): Promise<boolean> {
    const before = rows.pages[index + 1]?.first;
    const range = await request(loading.signal, { before, cursor: rows.pages[index]?.cursor });
    if (range === undefined) return false;
    if (before === undefined) rows.pages.splice(index + 1, rows.pages.length, ...pagesFrom(range.next_cursor));
    rows.show(index, range.data.map(toRow));
    count(range.total);
    keys.refresh();
    return true;
  }

  function count(value: number): void {
    total = value;
    countedAtMs = performance.now();
  }

  /** Adds and removes pages until they fit what the reader sees. */
  async function settle(): Promise<void> {
    if (state !== "ready") return;
    const { signal } = loading;
    for (let index = reach.wanted(); index !== undefined; index = reach.wanted()) {
      step("fetch");
      if (!(await fetchPage(index))) return;
      reach.removeFar();
    }
    if (signal !== loading.signal) return;
    reach.removeFar();
    keys.refresh();
    if (DISPLAYS[state].busy) step("fetched");
    if (rows.isTopInSight() && !options.isHeld() && newer !== 0) release();
  }

  async function load(wanted: Filters = filters): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    filters = wanted;
    matches = createMatcher(filters);
    search = createSearch(filters.q);
    waiting = [];
    isStale = false;
    newer = 0;
    step("load");
    const range = await request(signal, { before: undefined, cursor: undefined });
    if (range === undefined) return;
    // The old rows stay until the new ones arrive, so that the page does not flicker with every key.
    const isTopHidden = above.getBoundingClientRect().top < 0;
    rows.clear();
    rows.pages.push(createPage(undefined), ...pagesFrom(range.next_cursor));
    rows.show(0, range.data.map(toRow));
    if (isTopHidden) above.scrollIntoView({ block: "start", behavior: "instant" });
    count(range.total);
    keys.refresh();
    step("loaded");
    options.onLoaded(total);
    arrived(waiting.splice(0));
    await settle();
  }

  function arrived(messages: readonly StoredMessage[]): void {
    if (state === "failed") return;
    if (state === "loading") {
      waiting.push(...messages);
      return;
    }
    const wanted = messages.filter((message) => matches(message) && !rows.has(message));
    if (wanted.length === 0) return;
    total += wanted.length;
    if (performance.now() - countedAtMs < UNSURE_MS) recountLater();
    if (waiting.length + wanted.length > MAX_ARRIVALS) isStale = true;
    else waiting.push(...wanted);
    newer = newer === undefined ? undefined : newer + wanted.length;
    if (!options.isHeld()) release();
    else report();
  }

  /** Inserts waiting arrivals if the reader is at the top; otherwise shows the reader their number. */
  function release(): void {
    if (state === "failed" || state === "loading") return;
    const isAtTop = rows.isTopInSight();
    if (isAtTop && (isStale || newer === undefined || (rows.pages[0]?.rows?.length ?? 0) > MAX_FIRST_ROWS)) {
      void load();
      return;
    }
    for (const message of waiting.splice(0)) rows.insert(toRow(message));
    keys.refresh();
    reach.removeFar();
    if (isAtTop) newer = 0;
    report();
  }

  /** Messages that arrived while the count was loaded may be counted once or twice: only the service has the exact number. */
  function recountLater(): void {
    clearTimeout(recounting);
    recounting = setTimeout(async () => {
      const { signal } = loading;
      const known = total;
      const response = await api.get<MessageRange>(`/messages?limit=1&${toParameters({ ...filters, order: "sent" })}`, signal);
      if (response.kind !== "ok" || signal.aborted || !DISPLAYS[state].counted) return;
      if (total === known) count(response.value.total);
      else recountLater();
      report();
    }, UNSURE_MS);
  }

  function retry(): void {
    const event = retryOf(state);
    if (event === "load") void load();
    if (event !== "fetch") return;
    step("fetch");
    step("fetched");
    void settle();
  }

  reach.watch(() => void settle());

  return {
    load,
    arrived,
    release,
    retry,
    recover: recovery.now,
    neighbour: (message, steps) => rows.neighbour(message, steps)?.message,
    missed() {
      if (rows.isTopInSight() && !options.isHeld()) {
        void load();
        return;
      }
      newer = undefined;
      report();
    },
    async toTop() {
      await load();
      above.scrollIntoView({ block: "start", behavior: "instant" });
      list.querySelector<HTMLElement>(".row")?.focus({ preventScroll: true });
    },
  };
}
