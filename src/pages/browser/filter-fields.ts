import { byId } from "./dom.ts";
import { toNumber, type Filters } from "./filters.ts";
import type { Zone } from "./zone.ts";

/** The fields of the form for filters; the order has buttons instead. */
export interface FilterFields {
  show(filters: Filters): void;
  /** Shows only the times, in the present zone. */
  showTimes(filters: Filters): void;
  /** What the reader has entered; `shown` are the filters that the fields showed before. */
  read(shown: Filters): Filters;
  /** Puts the focus on the search. */
  focus(): void;
}

/** Finds the fields of the page. */
export function createFilterFields(zone: () => Zone): FilterFields {
  const q = byId("q", HTMLInputElement);
  const from = byId("from", HTMLInputElement);
  const to = byId("to", HTMLInputElement);
  const since = byId("since", HTMLInputElement);
  const until = byId("until", HTMLInputElement);

  function showTimes(filters: Filters): void {
    showInstant(since, filters.since, zone());
    showInstant(until, filters.until, zone());
  }

  /** An instant that the reader did not change keeps its seconds and its zone. */
  function instant(input: HTMLInputElement, known: string): string {
    return input.value === known || input.value === zone().toField(known) ? known : zone().fromField(input.value);
  }

  return {
    show(filters) {
      q.value = filters.q;
      from.value = filters.from;
      to.value = filters.to;
      showTimes(filters);
    },
    showTimes,
    read(shown) {
      return {
        q: q.value,
        from: toNumber(from.value),
        to: toNumber(to.value),
        since: instant(since, shown.since),
        until: instant(until, shown.until),
        order: shown.order,
      };
    },
    focus: () => q.focus(),
  };
}

/** A value that is not a time is shown as it is in the address: an empty field would hide what the service refuses. */
function showInstant(input: HTMLInputElement, instant: string, zone: Zone): void {
  const isInstant = instant === "" || zone.toField(instant) !== "";
  input.type = isInstant ? "datetime-local" : "text";
  input.value = isInstant ? zone.toField(instant) : instant;
  input.setAttribute("aria-invalid", String(!isInstant));
}
