import type { StoredMessage } from "../../core/message.ts";

/** What the reader looks for; an empty string admits every message. */
export interface Filters {
  readonly q: string;
  readonly from: string;
  readonly to: string;
  /** RFC 3339, as in the parameters of `GET /messages`. */
  readonly since: string;
  readonly until: string;
}

export const NO_FILTERS: Filters = { q: "", from: "", to: "", since: "", until: "" };

/** Filters from the query of a page's address. As for the service, `+` is a space in `q` and itself elsewhere. */
export function readFilters(search: string): Filters {
  const form = new URLSearchParams(search);
  const literal = new URLSearchParams(search.replaceAll("+", "%2B"));
  const valueOf = (name: string): string => literal.get(name) ?? "";
  return { q: form.get("q") ?? "", from: valueOf("from"), to: valueOf("to"), since: valueOf("since"), until: valueOf("until") };
}

/** As a query for the page's address and for `GET /messages`, without those that are empty. */
export function toParameters(filters: Filters): URLSearchParams {
  return new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ""));
}

/** Whether any filter is set. */
export function isFiltered(filters: Filters): boolean {
  return toParameters(filters).size > 0;
}

/** Whether a list with these filters has the message: what the service decides, decided here for messages that arrive. */
export function createMatcher(filters: Filters): (message: StoredMessage) => boolean {
  const { from, to } = filters;
  const since = filters.since === "" ? Number.NEGATIVE_INFINITY : Date.parse(filters.since);
  const until = filters.until === "" ? Number.POSITIVE_INFINITY : Date.parse(filters.until);
  const text = createSearch(filters.q);
  return (message) => {
    const at = Date.parse(message.ts);
    return (
      (from === "" || message.from === from) &&
      (to === "" || message.to === to) &&
      at >= since &&
      at < until &&
      (text === undefined || text.test(message.text ?? ""))
    );
  };
}

/** Finds `q` in a text as the service does: any case, no character is special. Undefined where there is nothing to find. */
export function createSearch(q: string): RegExp | undefined {
  return q === "" ? undefined : new RegExp(RegExp.escape(q), "iu");
}

/** A phone number as people write it, as senders send it. */
export function toNumber(typed: string): string {
  const digits = typed.replaceAll(/[\s().-]/g, "");
  return /^[0-9]/.test(digits) ? `+${digits}` : digits;
}
