import { readFilters, toParameters, type Filters } from "./filters.ts";

/** The content of the page's address: the filters, and the open message. */
export interface Address {
  filters(): Filters;
  /** The id of the open message; undefined if none is open. */
  message(): string | undefined;
  /** `typing`: the reader has typed another key in the same field, which does not make another history entry. */
  useFilters(filters: Filters, options?: { readonly typing: boolean }): void;
  openMessage(id: string): void;
  /** Returns to the address without the message. */
  closeMessage(): void;
}

const MESSAGE = "message";
/** Marks the history entries that the page made by opening a message. */
const OPENED = "opened";

/** Calls `onMove` after the reader went back or forward. */
export function createAddress(onMove: () => void): Address {
  const message = (): string | undefined => new URLSearchParams(location.search).get(MESSAGE) ?? undefined;

  function go(parameters: URLSearchParams, options: { readonly replace: boolean; readonly state?: string }): void {
    const target = parameters.size === 0 ? location.pathname : `?${parameters}`;
    if (options.replace) history.replaceState(options.state ?? null, "", target);
    else history.pushState(options.state ?? null, "", target);
  }

  /** Whether the step back that closes a message is in progress: `history.back` takes effect later. */
  let isClosing = false;
  /** A message that was opened in the meantime. */
  let wanted: string | undefined;

  function openMessage(id: string): void {
    if (isClosing) wanted = id;
    if (isClosing || message() === id) return;
    const parameters = toParameters(readFilters(location.search));
    parameters.set(MESSAGE, id);
    // Moving from one open message to the next is not another history entry.
    go(parameters, message() === undefined ? { replace: false, state: OPENED } : { replace: true, state: String(history.state) });
  }

  addEventListener("popstate", () => {
    if (!isClosing) {
      onMove();
      return;
    }
    isClosing = false;
    if (wanted !== undefined) openMessage(wanted);
    wanted = undefined;
  });
  return {
    message,
    filters: () => readFilters(location.search),
    useFilters: (filters, options) => go(toParameters(filters), { replace: options?.typing === true || message() !== undefined }),
    openMessage,
    closeMessage() {
      wanted = undefined;
      if (isClosing || message() === undefined) return;
      isClosing = history.state === OPENED;
      if (isClosing) history.back();
      else go(toParameters(readFilters(location.search)), { replace: true });
    },
  };
}
