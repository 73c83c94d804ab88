import type { StoredMessage } from "../../core/message.ts";
import type { Api } from "./api.ts";
import { createMatcher, createSearch, NO_FILTERS, toParameters, type Filters } from "./filters.ts";
import { nextState, retryOf, SHOWN, type ListEvent, type ListState, type ListView } from "./list-state.ts";
import { createRow } from "./message-row.ts";
import { ORDERINGS } from "./order.ts";
import { fetchStretch, type Stretch } from "./page-source.ts";
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

/** More arrivals at once, or more rows in the first page, are not inserted one by one. */
const MOST_ARRIVALS = 100;
const MOST_FIRST_ROWS = 150;
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
  /** Whether more arrived than are inserted one by one: at the top, the list is then loaded again. */
  let isStale = false;
  let countedAtMs = 0;
  let recounting: number | undefined;

  const toRow = (message: StoredMessage): Row => {
    const ts = ORDERINGS[filters.order].timeOf(message);
    return { message, element: createRow(message, { search, times, ts, onOpen: () => options.onOpen(message) }) };
  };

  function tell(): void {
    options.onChange({ state, total: SHOWN[state].counted ? total : undefined, reason, newer });
  }

  function step(event: ListEvent): void {
    state = nextState(state, event);
    if (event !== "fail") reason = "";
    if (!SHOWN[state].rows) rows.clear();
    tell();
  }

  /** Loads one page; undefined if that failed, which has been handled. */
  async function ask(signal: AbortSignal, page: { readonly cursor: string | undefined; readonly before: StoredMessage | undefined }): Promise<Stretch | undefined> {
    const answer = await fetchStretch(api, { filters, signal, ...page });
    if (signal.aborted || answer.kind === "aborted") return undefined;
    if (answer.kind === "ok") {
      recovery.worked();
      return answer.value;
    }
    if (answer.kind === "failed") reason = answer.message;
    step("fail");
    if (answer.kind === "unauthorized") options.onUnauthorized();
    else recovery.failed(answer.later);
    return undefined;
  }

  async function fetchPage(index: number): Promise<boolean> {
    const before = rows.pages[index + 1]?.first;
    const stretch = await ask(loading.signal, { before, cursor: rows.pages[index]?.cursor });
    if (stretch === undefined) return false;
    if (before === undefined) rows.pages.splice(index + 1, rows.pages.length, ...pagesFrom(stretch.next_cursor));
    rows.show(index, stretch.data.map(toRow));
    count(stretch.total);
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
      reach.takeOutFar();
    }
    if (signal !== loading.signal) return;
    reach.takeOutFar();
    keys.refresh();
    if (SHOWN[state].busy) step("fetched");
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
    const stretch = await ask(signal, { before: undefined, cursor: undefined });
    if (stretch === undefined) return;
    // The old rows stay until the new ones arrive, so that the page does not flicker with every key.
    const isTopHidden = above.getBoundingClientRect().top < 0;
    rows.clear();
    rows.pages.push(createPage(undefined), ...pagesFrom(stretch.next_cursor));
    rows.show(0, stretch.data.map(toRow));
    if (isTopHidden) above.scrollIntoView({ block: "start", behavior: "instant" });
    count(stretch.total);
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
    if (waiting.length + wanted.length > MOST_ARRIVALS) isStale = true;
    else waiting.push(...wanted);
    newer = newer === undefined ? undefined : newer + wanted.length;
    if (!options.isHeld()) release();
    else tell();
  }

  /** Inserts waiting arrivals if the reader is at the top; otherwise tells the reader about them. */
  function release(): void {
    if (state === "failed" || state === "loading") return;
    const isAtTop = rows.isTopInSight();
    if (isAtTop && (isStale || newer === undefined || (rows.pages[0]?.rows?.length ?? 0) > MOST_FIRST_ROWS)) {
      void load();
      return;
    }
    for (const message of waiting.splice(0)) rows.insert(toRow(message));
    keys.refresh();
    reach.takeOutFar();
    if (isAtTop) newer = 0;
    tell();
  }

  /** Messages that arrived while the count was loaded may be counted twice or not: only the service knows. */
  function recountLater(): void {
    clearTimeout(recounting);
    recounting = setTimeout(async () => {
      const { signal } = loading;
      const known = total;
      const answer = await api.get<Stretch>(`/messages?limit=1&${toParameters({ ...filters, order: "sent" })}`, signal);
      if (answer.kind !== "ok" || signal.aborted || !SHOWN[state].counted) return;
      if (total === known) count(answer.value.total);
      else recountLater();
      tell();
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
      tell();
    },
    async toTop() {
      await load();
      above.scrollIntoView({ block: "start", behavior: "instant" });
      list.querySelector<HTMLElement>(".row")?.focus({ preventScroll: true });
    },
  };
}
