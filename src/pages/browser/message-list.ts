import type { StoredMessage } from "../../core/message.ts";
import type { Answer, Api } from "./api.ts";
import { createMatcher, createSearch, NO_FILTERS, type Filters } from "./filters.ts";
import { createRow } from "./message-row.ts";
import { fetchStretch, type Stretch } from "./page-source.ts";
import { createRowKeys } from "./row-keys.ts";
import { createRowWindow, type Page, type Row, type WindowElements } from "./row-window.ts";

export interface ListOptions extends WindowElements {
  readonly api: Api;
  /** How many messages match, whenever that changes. */
  readonly onTotal: (total: number) => void;
  /** A list was asked for anew and is there. */
  readonly onLoaded: (total: number) => void;
  /** Messages above what the reader sees have come since the list was at its top. */
  readonly onNewer: (count: number) => void;
  readonly onOpen: (message: StoredMessage) => void;
  readonly onFailure: (answer: Exclude<Answer<Stretch>, { readonly kind: "ok" } | { readonly kind: "aborted" }>) => void;
  readonly onBusy: (busy: boolean) => void;
}

/** The list of messages, newest first, without an end. What the document holds of it is bounded. */
export interface MessageList {
  /** Starts afresh at the newest messages. */
  load(filters?: Filters): Promise<void>;
  /** Takes messages that have just been stored. */
  arrived(messages: readonly StoredMessage[]): void;
  /** Starts afresh and puts the focus on the newest message. */
  toTop(): Promise<void>;
  /** Tries again what failed. */
  retry(): void;
}

/** Pages nearer to the screen than this are fetched, in heights of it. */
const FETCH_WITHIN = 1.5;
/** Pages further away are taken out. */
const KEEP_WITHIN = 4;
/** More messages at once, or more rows in the first page, are not put in one by one. */
const MOST_ARRIVALS = 100;
const MOST_FIRST_ROWS = 300;

function createPage(cursor: string | undefined): Page {
  return { cursor, first: undefined, height: 0, rows: undefined };
}

/** The page that follows, not fetched yet. */
function pagesFrom(cursor: string | undefined): readonly Page[] {
  return cursor === undefined ? [] : [createPage(cursor)];
}

export function createMessageList(options: ListOptions): MessageList {
  const { api, list, above } = options;
  const rows = createRowWindow(options);
  const keys = createRowKeys(list);
  let filters = NO_FILTERS;
  let matches = createMatcher(filters);
  let search = createSearch(filters.q);
  let loading = new AbortController();
  let busy = false;
  let failed = false;
  let total = 0;
  let newer = 0;

  const toRow = (message: StoredMessage): Row => {
    const element = createRow(message, search);
    element.firstElementChild?.addEventListener("click", () => options.onOpen(message));
    return { message, element };
  };

  async function fetchPage(index: number): Promise<boolean> {
    const { signal } = loading;
    const page = rows.pages[index];
    const before = rows.pages[index + 1]?.first;
    const answer = await fetchStretch(api, { filters, signal, before, cursor: page?.cursor });
    if (signal.aborted || answer.kind === "aborted") return false;
    if (answer.kind !== "ok") {
      failed = true;
      options.onFailure(answer);
      return false;
    }
    const { data, next_cursor: cursor } = answer.value;
    if (before === undefined) rows.pages.splice(index + 1, rows.pages.length, ...pagesFrom(cursor));
    rows.show(index, data.map(toRow));
    setTotal(answer.value.total);
    keys.refresh();
    return true;
  }

  function setTotal(value: number): void {
    total = value;
    options.onTotal(total);
  }

  function setNewer(count: number): void {
    if (newer === count) return;
    newer = count;
    options.onNewer(count);
  }

  /** The page to fetch next, given where the reader is. */
  function wantedPage(): number | undefined {
    const { top, bottom } = list.getBoundingClientRect();
    const reach = FETCH_WITHIN * innerHeight;
    const isBelow = rows.to() < rows.pages.length;
    const inSight = rows.pageAt(-above.getBoundingClientRect().top);
    const isFar = bottom < -reach || top > innerHeight + reach;
    if (isFar && (inSight < rows.from() || inSight >= rows.to())) return inSight;
    if (top > -reach && rows.from() > 0) return rows.from() - 1;
    if (bottom < innerHeight + reach && isBelow) return rows.to();
    return undefined;
  }

  function takeOutFar(): void {
    const reach = KEEP_WITHIN * innerHeight;
    const { top } = list.getBoundingClientRect();
    const first = rows.pages[rows.from()];
    const last = rows.pages[rows.to() - 1];
    if (first === undefined || last === undefined || rows.to() - rows.from() < 2) return;
    if (top + rows.heightOf(first) < -reach) rows.hideFirst();
    else if (list.getBoundingClientRect().bottom - rows.heightOf(last) > innerHeight + reach) rows.hideLast();
    else return;
    keys.refresh();
    takeOutFar();
  }

  /** Fetches and takes out until what is there suits what the reader sees. */
  async function settle(): Promise<void> {
    if (busy || failed) return;
    busy = true;
    const { signal } = loading;
    options.onBusy(true);
    for (let index = wantedPage(); index !== undefined; index = wantedPage()) {
      if (!(await fetchPage(index))) break;
      takeOutFar();
    }
    if (signal !== loading.signal) return;
    takeOutFar();
    busy = false;
    options.onBusy(false);
    if (isAtTop()) setNewer(0);
  }

  function isAtTop(): boolean {
    return rows.from() === 0 && above.getBoundingClientRect().top > -innerHeight / 4;
  }

  async function load(wanted: Filters = filters): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    filters = wanted;
    matches = createMatcher(filters);
    search = createSearch(filters.q);
    busy = true;
    failed = false;
    options.onBusy(true);
    const answer = await fetchStretch(api, { filters, signal, before: undefined, cursor: undefined });
    if (signal.aborted || answer.kind === "aborted") return;
    busy = false;
    options.onBusy(false);
    if (answer.kind !== "ok") {
      failed = true;
      options.onFailure(answer);
      return;
    }
    // The old rows stay until the new ones are there: no flicker at every key.
    const top = above.getBoundingClientRect().top;
    rows.clear();
    const { data, next_cursor: cursor } = answer.value;
    rows.pages.push(createPage(undefined), ...pagesFrom(cursor));
    rows.show(0, data.map(toRow));
    if (top < 0) above.scrollIntoView({ block: "start", behavior: "instant" });
    setTotal(answer.value.total);
    setNewer(0);
    keys.refresh();
    options.onLoaded(total);
    await settle();
  }

  function arrived(messages: readonly StoredMessage[]): void {
    const wanted = messages.filter(matches);
    if (wanted.length === 0) return;
    setTotal(total + wanted.length);
    const crowded = wanted.length > MOST_ARRIVALS || (rows.pages[0]?.rows?.length ?? 0) > MOST_FIRST_ROWS;
    const atTop = isAtTop();
    if (crowded && atTop) {
      void load();
      return;
    }
    if (!crowded) for (const message of wanted) rows.insert(toRow(message));
    keys.refresh();
    takeOutFar();
    if (!atTop) setNewer(newer + wanted.length);
  }

  let scheduled = false;
  function onMove(): void {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      if (rows.pages.length > 0) void settle();
    });
  }
  addEventListener("scroll", onMove, { passive: true });
  addEventListener("resize", onMove);

  return {
    load,
    arrived,
    async toTop() {
      await load();
      above.scrollIntoView({ block: "start", behavior: "instant" });
      list.querySelector("button")?.focus({ preventScroll: true });
    },
    retry() {
      failed = false;
      if (rows.pages.length === 0) void load();
      else void settle();
    },
  };
}
