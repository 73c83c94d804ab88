import type { Address } from "./address.ts";
import { byId } from "./dom.ts";
import { createFilterFields } from "./filter-fields.ts";
import { isFiltered, NO_FILTERS, toParameters, type Filters } from "./filters.ts";
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
  const fields = createFilterFields(zone);
  const clear = byId("clear", HTMLButtonElement);
  const orders: readonly (readonly [ListOrder, HTMLButtonElement])[] = [
    ["sent", byId("by-sent", HTMLButtonElement)],
    ["received", byId("by-received", HTMLButtonElement)],
  ];
  let filters = address.filters();
  /** Whether a history entry has been made since the reader entered the field. */
  let isTyping = false;
  let timer: number | undefined;

  function show(): void {
    fields.show(filters);
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

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => use(fields.read(filters)), DEBOUNCE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    use(fields.read(filters));
  });
  function set(changes: Partial<Filters>): void {
    const wanted = { ...fields.read(filters), ...changes };
    use(wanted);
    show();
  }
  clear.addEventListener("click", () => {
    set({ ...NO_FILTERS, order: filters.order });
    fields.focus();
  });
  for (const [order, button] of orders) button.addEventListener("click", () => set({ order }));
  form.addEventListener("focusin", () => {
    isTyping = false;
  });
  show();
  // On a phone the filters are folded away, unless the address has some of them.
  setUpFold({ isOpen: isFiltered({ ...filters, q: "" }) });
  return {
    current: () => filters,
    set,
    showTimes: () => fields.showTimes(filters),
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

/** Sets up the button that folds and unfolds the filters. */
function setUpFold({ isOpen }: { readonly isOpen: boolean }): void {
  const more = byId("more", HTMLButtonElement);
  const unfold = (open: boolean): void => more.setAttribute("aria-expanded", String(open));
  more.addEventListener("click", () => unfold(more.getAttribute("aria-expanded") !== "true"));
  unfold(isOpen);
}
