import type { Address } from "./address.ts";
import { byId } from "./dom.ts";
import { isFiltered, NO_FILTERS, toNumber, toParameters, type Filters } from "./filters.ts";
import type { ListOrder } from "./order.ts";
import type { Zone } from "./zone.ts";

/** The filters, in the form and in the page's address. */
export interface FilterForm {
  current(): Filters;
  /** Changes some filters and reports them at once. */
  set(changes: Partial<Filters>): void;
  /** Shows the filters of the address. */
  follow(): void;
  /** Shows the times of the fields in the present zone. */
  showTimes(): void;
}

export interface FilterFormOptions {
  readonly address: Address;
  /** The time zone of the fields for times. */
  readonly zone: () => Zone;
  readonly onChange: (filters: Filters) => void;
}

/** Long enough to wait for the next key, too short to be noticed. */
const DEBOUNCE_MS = 200;

/** Sets up the form of the page, and fills it from the address. */
export function createFilterForm({ address, zone, onChange }: FilterFormOptions): FilterForm {
  const form = byId("filters", HTMLFormElement);
  const q = byId("q", HTMLInputElement);
  const from = byId("from", HTMLInputElement);
  const to = byId("to", HTMLInputElement);
  const since = byId("since", HTMLInputElement);
  const until = byId("until", HTMLInputElement);
  const clear = byId("clear", HTMLButtonElement);
  const more = byId("more", HTMLButtonElement);
  const orders: readonly (readonly [ListOrder, HTMLButtonElement])[] = [
    ["sent", byId("by-sent", HTMLButtonElement)],
    ["received", byId("by-received", HTMLButtonElement)],
  ];
  let filters = address.filters();
  /** Whether a history entry has been made since the reader entered the field. */
  let isTyping = false;
  let timer: number | undefined;

  function showTimes(): void {
    showInstant(since, filters.since, zone());
    showInstant(until, filters.until, zone());
  }

  function show(): void {
    q.value = filters.q;
    from.value = filters.from;
    to.value = filters.to;
    showTimes();
    clear.hidden = !isFiltered(filters);
    for (const [order, button] of orders) button.setAttribute("aria-pressed", String(order === filters.order));
  }

  function use(wanted: Filters): void {
    clearTimeout(timer);
    if (toParameters(wanted).toString() === toParameters(filters).toString()) return;
    filters = wanted;
    clear.hidden = !isFiltered(filters);
    address.useFilters(filters, { typing: isTyping });
    isTyping = form.contains(document.activeElement);
    onChange(filters);
  }

  /** An instant that the reader did not change keeps its seconds and its zone. */
  function instant(input: HTMLInputElement, known: string): string {
    return input.value === known || input.value === zone().toField(known) ? known : zone().fromField(input.value);
  }

  function read(): Filters {
    return {
      q: q.value,
      from: toNumber(from.value),
      to: toNumber(to.value),
      since: instant(since, filters.since),
      until: instant(until, filters.until),
      order: filters.order,
    };
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => use(read()), DEBOUNCE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    use(read());
  });
  function set(changes: Partial<Filters>): void {
    const wanted = { ...read(), ...changes };
    use(wanted);
    show();
  }
  clear.addEventListener("click", () => {
    set({ ...NO_FILTERS, order: filters.order });
    q.focus();
  });
  for (const [order, button] of orders) button.addEventListener("click", () => set({ order }));
  form.addEventListener("focusin", () => {
    isTyping = false;
  });
  show();
  // On a phone the filters are folded away, unless the address has some of them.
  function unfold(open: boolean): void {
    more.setAttribute("aria-expanded", String(open));
  }
  more.addEventListener("click", () => unfold(more.getAttribute("aria-expanded") !== "true"));
  unfold(isFiltered({ ...filters, q: "" }));
  return {
    current: () => filters,
    set,
    showTimes,
    follow() {
      clearTimeout(timer);
      const wanted = address.filters();
      const isSame = toParameters(wanted).toString() === toParameters(filters).toString();
      filters = wanted;
      show();
      if (!isSame) onChange(filters);
    },
  };
}

/** A value that is not a time is shown as it is in the address: an empty field would hide what the service refuses. */
function showInstant(input: HTMLInputElement, instant: string, zone: Zone): void {
  const isInstant = instant === "" || zone.toField(instant) !== "";
  input.type = isInstant ? "datetime-local" : "text";
  input.value = isInstant ? zone.toField(instant) : instant;
  input.setAttribute("aria-invalid", String(!isInstant));
}
