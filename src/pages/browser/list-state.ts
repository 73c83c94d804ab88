/**
 * What the list is doing. `loading`: a first page is on its way, and the rows of before stay until it is there. `ready`: rows and count are
 * those of the page's address. `fetching`: a further page is on its way. `failed`: the first page did not come. `cut`: a further page did
 * not come.
 */
export type ListState = "loading" | "ready" | "fetching" | "failed" | "cut";

export type ListEvent = "load" | "loaded" | "fetch" | "fetched" | "fail";

/** Where each event leads; an event that is not named in a state cannot happen there. */
export const TRANSITIONS: Readonly<Record<ListState, Readonly<Partial<Record<ListEvent, ListState>>>>> = {
  loading: { load: "loading", loaded: "ready", fail: "failed" },
  ready: { load: "loading", fetch: "fetching" },
  fetching: { load: "loading", fetch: "fetching", fetched: "ready", fail: "cut" },
  failed: { load: "loading" },
  cut: { load: "loading", fetch: "fetching" },
};

export interface ListView {
  readonly state: ListState;
  /** How many messages match; undefined if that is not known for the present filters. */
  readonly total: number | undefined;
  /** Why the last request failed; empty if it did not. */
  readonly reason: string;
  /** Messages that came and that the reader does not see; undefined: some may have. */
  readonly newer: number | undefined;
}

export interface Shown {
  /** The list is marked as busy. */
  readonly busy: boolean;
  /** How many match is known for the present address. */
  readonly counted: boolean;
  /** Rows may be there. */
  readonly rows: boolean;
  /** Where a failure is shown, with a button that tries again. */
  readonly failure: "none" | "above" | "below";
  /** What stands below the last row; `outcome`: nothing, or that there is no message. */
  readonly end: "loading" | "outcome" | "nothing";
}

/** What the page shows in each state: none of it is decided anywhere else. */
export const SHOWN: Readonly<Record<ListState, Shown>> = {
  loading: { busy: true, counted: false, rows: true, failure: "none", end: "loading" },
  ready: { busy: false, counted: true, rows: true, failure: "none", end: "outcome" },
  fetching: { busy: true, counted: true, rows: true, failure: "none", end: "loading" },
  failed: { busy: false, counted: false, rows: false, failure: "above", end: "nothing" },
  cut: { busy: false, counted: true, rows: true, failure: "below", end: "nothing" },
};

/** The state after an event; throws where the table has no such step. */
export function nextState(state: ListState, event: ListEvent): ListState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new Error(`Cannot change the list: ${event} must not happen in the state ${state}`);
  return next;
}

/** What tries again what failed in a state: everything from its start, or the page that did not come. */
export function retryOf(state: ListState): "load" | "fetch" | undefined {
  if (state === "failed") return "load";
  return state === "cut" ? "fetch" : undefined;
}
