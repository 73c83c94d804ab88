import type { StoredMessage } from "../../core/message.ts";
import type { Ordering } from "./order.ts";

export interface Row {
  readonly message: StoredMessage;
  readonly element: HTMLLIElement;
}

/** A page of the list; its rows are in the document only while it is close to what the reader sees. */
export interface Page {
  readonly cursor: string | undefined;
  first: StoredMessage | undefined;
  /** The height when it was last shown, in CSS pixels. */
  height: number;
  rows: Row[] | undefined;
}

/** A page that has not been loaded yet. */
export const createPage = (cursor: string | undefined): Page => ({ cursor, first: undefined, height: 0, rows: undefined });

/** The following page, not loaded yet. */
export const pagesFrom = (cursor: string | undefined): readonly Page[] => (cursor === undefined ? [] : [createPage(cursor)]);

export interface WindowElements {
  readonly list: HTMLUListElement;
  /** These two are as high as the pages above and below that are not in the document. */
  readonly above: HTMLElement;
  readonly below: HTMLElement;
}

export interface RowWindowOptions extends WindowElements {
  readonly ordering: () => Pick<Ordering, "compare">;
}

/** The part of the list that is in the document: some consecutive pages, with room reserved for the others. */
export interface RowWindow {
  readonly pages: Page[];
  /** Index of the first page in the document. */
  from(): number;
  /** Index after the last page in the document. */
  to(): number;
  clear(): void;
  show(index: number, rows: Row[]): void;
  hideFirst(): void;
  hideLast(): void;
  /** Whether the row of a message is in the document. */
  has(message: StoredMessage): boolean;
  /** The row this many rows below a message's row; undefined if one of them is not in the document. */
  neighbour(message: StoredMessage, steps: number): Row | undefined;
  /** Inserts a row at its position; false if that is not in the document, or if the message already has a row. */
  insert(row: Row): boolean;
  /** Whether the top of the list is on the screen, or below it. */
  isTopInSight(): boolean;
  /** The page at this height within the whole list. */
  pageAt(y: number): number;
  heightOf(page: Page): number;
}

/** An empty window. */
export function createRowWindow({ list, above, below, ordering }: RowWindowOptions): RowWindow {
  const pages: Page[] = [];
  let from = 0;
  let to = 0;

  const sum = (some: readonly Page[]): number => some.reduce((height, page) => height + page.height, 0);

  function reserveRoom(): void {
    above.style.height = `${sum(pages.slice(0, from))}px`;
    below.style.height = `${sum(pages.slice(to))}px`;
  }

  function heightOf(page: Page): number {
    const first = page.rows?.[0];
    const last = page.rows?.at(-1);
    if (first === undefined || last === undefined) return page.height;
    return last.element.getBoundingClientRect().bottom - first.element.getBoundingClientRect().top;
  }

  function isTopInSight(): boolean {
    return from === 0 && above.getBoundingClientRect().top >= 0;
  }

  /**
   * Keeps the first visible row in its place, whatever is added or removed above it. Not while the top of the list is in sight:
   * a reader at the top sees new rows, and stays at the top.
   */
  function inPlace(change: () => void): void {
    const shown = pages.slice(from, to).flatMap((page) => page.rows ?? []);
    const anchor = isTopInSight() ? undefined : shown.find(({ element }) => element.getBoundingClientRect().bottom > 0)?.element;
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    reserveRoom();
    if (anchor?.isConnected !== true) return;
    const moved = anchor.getBoundingClientRect().top - before;
    if (moved !== 0) window.scrollBy({ top: moved, behavior: "instant" });
  }

  function hide(page: Page | undefined): void {
    if (page === undefined) return;
    page.height = heightOf(page);
    for (const { element } of page.rows ?? []) element.remove();
    page.rows = undefined;
  }

  return {
    pages,
    from: () => from,
    to: () => to,
    heightOf,
    isTopInSight,
    has: ({ message_id: id }) => pages.slice(from, to).some((page) => page.rows?.some(({ message }) => message.message_id === id) === true),
    neighbour({ message_id: id }, steps) {
      const shown = pages.slice(from, to).flatMap((page) => page.rows ?? []);
      const index = shown.findIndex(({ message }) => message.message_id === id);
      return index === -1 ? undefined : shown[index + steps];
    },
    clear() {
      pages.length = 0;
      from = 0;
      to = 0;
      list.replaceChildren();
      reserveRoom();
    },
    show(index, rows) {
      const page = pages[index];
      if (page === undefined) return;
      const isApart = index !== to && index !== from - 1;
      inPlace(() => {
        if (isApart) {
          for (const shown of pages.slice(from, to)) hide(shown);
          from = index;
          to = index;
        }
        const next = index < from ? (list.firstElementChild ?? undefined) : undefined;
        const elements = rows.map(({ element }) => element);
        if (next === undefined) list.append(...elements);
        else next.before(...elements);
        page.rows = rows;
        page.first = rows[0]?.message;
        from = Math.min(from, index);
        to = Math.max(to, index + 1);
      });
    },
    hideFirst: () => inPlace(() => {
      hide(pages[from]);
      from += 1;
    }),
    hideLast: () => inPlace(() => {
      to -= 1;
      hide(pages[to]);
    }),
    insert(row) {
      const { compare } = ordering();
      const shown = pages.slice(from, to);
      const before = shown.findLast(({ first }) => first !== undefined && compare(first, row.message) < 0);
      const page = before ?? (from === 0 ? shown[0] : undefined);
      if (page?.rows === undefined) return false;
      const index = page.rows.findIndex(({ message }) => compare(row.message, message) <= 0);
      if (page.rows[index]?.message.message_id === row.message.message_id) return false;
      // The position is after the last row in the document, in a page that is not in the document.
      if (index === -1 && page === shown.at(-1) && to < pages.length) return false;
      inPlace(() => {
        const { rows = [] } = page;
        const next = rows[index]?.element ?? rows.at(-1)?.element.nextElementSibling ?? undefined;
        if (next === undefined) list.append(row.element);
        else next.before(row.element);
        page.rows = rows.toSpliced(index === -1 ? rows.length : index, 0, row);
        page.first = page.rows[0]?.message;
      });
      return true;
    },
    pageAt(y) {
      let height = 0;
      const found = pages.findIndex((page) => (height += page.height) > y);
      return found === -1 ? pages.length - 1 : found;
    },
  };
}
