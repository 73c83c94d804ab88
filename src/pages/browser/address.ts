import { readFilters, toParameters, type Filters } from "./filters.ts";

/** What the page shows, as its address says it: filters, and a message that is open. */
export interface Address {
  filters(): Filters;
  /** The id of the open message; undefined: none is open. */
  message(): string | undefined;
  /** `typing`: another key of the same field, which is not a step to go back to. */
  useFilters(filters: Filters, options?: { readonly typing: boolean }): void;
  openMessage(id: string): void;
  /** Back to the address without it. */
  closeMessage(): void;
}

const MESSAGE = "message";
/** The state of a step of the history that the page has made by opening a message. */
const OPENED = "opened";

/** Calls back after the reader went back or forward. */
export function createAddress(onMove: () => void): Address {
  const message = (): string | undefined => new URLSearchParams(location.search).get(MESSAGE) ?? undefined;

  function go(parameters: URLSearchParams, options: { readonly replace: boolean; readonly state?: string }): void {
    const target = parameters.size === 0 ? location.pathname : `?${parameters}`;
    if (options.replace) history.replaceState(options.state ?? null, "", target);
    else history.pushState(options.state ?? null, "", target);
  }

  /** The step back that closes a message is on its way: the browser takes it later. */
  let isClosing = false;
  /** A message that was opened meanwhile. */
  let wanted: string | undefined;

  function openMessage(id: string): void {
    if (isClosing) wanted = id;
    if (isClosing || message() === id) return;
    const parameters = toParameters(readFilters(location.search));
    parameters.set(MESSAGE, id);
    // From one open message to the next is not a further step.
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
