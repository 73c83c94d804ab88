/**
 * The state of the list. `loading`: the first page is being loaded; the earlier rows stay until it arrives. `ready`: rows and
 * count match the page's address. `fetching`: a further page is being loaded. `failed`: the first page could not be loaded.
 * `cut`: a further page could not be loaded.
 */
export type ListState = "loading" | "ready" | "fetching" | "failed" | "cut";

export type ListEvent = "load" | "loaded" | "fetch" | "fetched" | "fail";

/** The next state for each event; an event that is not listed for a state cannot happen in it. */
export const TRANSITIONS: Readonly<Record<ListState, Readonly<Partial<Record<ListEvent, ListState>>>>> = {
  loading: { load: "loading", loaded: "ready", fail: "failed" },
  ready: { load: "loading", fetch: "fetching" },
  fetching: { load: "loading", fetch: "fetching", fetched: "ready", fail: "cut" },
  failed: { load: "loading" },
  cut: { load: "loading", fetch: "fetching" },
};

export interface ListView {
  readonly state: ListState;
  /** How many messages match; undefined if unknown for the present filters. */
  readonly total: number | undefined;
  /** Why the last request failed; empty if it did not. */
  readonly reason: string;
  /** How many messages arrived that the reader does not see; undefined if some may have. */
  readonly newer: number | undefined;
}

/** What the page shows in a state of the list. */
export interface ListDisplay {
  /** Whether the list is marked as busy. */
  readonly busy: boolean;
  /** Whether the count is known for the present address. */
  readonly counted: boolean;
  /** Whether there may be rows. */
  readonly rows: boolean;
  /** Where a failure is shown, with a button to try again. */
  readonly failure: "none" | "above" | "below";
  /** What is shown below the last row; `outcome`: nothing, or a note that no message matches. */
  readonly end: "loading" | "outcome" | "nothing";
}

/** What the page shows in each state; it is decided only here. */
export const DISPLAYS: Readonly<Record<ListState, ListDisplay>> = {
  loading: { busy: true, counted: false, rows: true, failure: "none", end: "loading" },
  ready: { busy: false, counted: true, rows: true, failure: "none", end: "outcome" },
  fetching: { busy: true, counted: true, rows: true, failure: "none", end: "loading" },
  failed: { busy: false, counted: false, rows: false, failure: "above", end: "nothing" },
  cut: { busy: false, counted: true, rows: true, failure: "below", end: "nothing" },
};

/** The state after an event; throws if the table has no such transition. */
export function nextState(state: ListState, event: ListEvent): ListState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new Error(`Cannot change the list: ${event} must not happen in the state ${state}`);
  return next;
}

/** How to retry what failed in a state: load everything again, or only the missing page. */
export function retryOf(state: ListState): "load" | "fetch" | undefined {
  if (state === "failed") return "load";
  return state === "cut" ? "fetch" : undefined;
}
