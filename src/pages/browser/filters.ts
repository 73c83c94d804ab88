import type { StoredMessage } from "../../core/message.ts";
import type { ListOrder } from "./order.ts";

/** The reader's filters; an empty string matches every message. */
export interface Filters {
  readonly q: string;
  readonly from: string;
  readonly to: string;
  /** RFC 3339, as in the parameters of `GET /messages`. */
  readonly since: string;
  readonly until: string;
  /** The order of the list, which is not a filter. */
  readonly order: ListOrder;
}

export const NO_FILTERS: Filters = { q: "", from: "", to: "", since: "", until: "", order: "sent" };

/** Reads filters from the query of a page's address. As in the service's API, `+` is a space in `q` and itself elsewhere. */
export function readFilters(search: string): Filters {
  const form = new URLSearchParams(search);
  const literal = new URLSearchParams(search.replaceAll("+", "%2B"));
  const valueOf = (name: string): string => literal.get(name) ?? "";
  const order = valueOf("order") === "received" ? "received" : "sent";
  return { q: form.get("q") ?? "", from: valueOf("from"), to: valueOf("to"), since: valueOf("since"), until: valueOf("until"), order };
}

/** The filters that are not empty, as a query for the page's address or an export. */
export function toParameters({ order, ...filters }: Filters): URLSearchParams {
  return new URLSearchParams([...entriesOf(filters), ...(order === "sent" ? [] : [["order", order]])]);
}

/** Whether any filter is set. */
export function isFiltered({ order: _order, ...filters }: Filters): boolean {
  return entriesOf(filters).length > 0;
}

function entriesOf(filters: Omit<Filters, "order">): string[][] {
  return Object.entries(filters).filter(([, value]) => value !== "");
}

/** Whether a message that arrives belongs to a list with these filters, as the service would decide. */
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

/** Finds `q` in a text as the service does: in any case, without special characters. Undefined if there is nothing to find. */
export function createSearch(q: string): RegExp | undefined {
  return q === "" ? undefined : new RegExp(RegExp.escape(q), "iu");
}

/** Converts a phone number as people write it to the form that senders use. */
export function toNumber(typed: string): string {
  const digits = typed.replaceAll(/[\s().-]/g, "");
  return /^[0-9]/.test(digits) ? `+${digits}` : digits;
}
