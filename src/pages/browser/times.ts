import { create } from "./dom.ts";
import { createZone, type Zone, type ZoneName } from "./zone.ts";

/** The times on the page, all in one zone, which the reader chooses. */
export interface Times {
  zone(): Zone;
  /** Shows all times in this zone, also in windows that are opened later. */
  use(name: ZoneName): void;
  /** A `time` element that is updated with the zone and the clock. */
  create(ts: string, form: TimeForm): HTMLTimeElement;
}

export type TimeForm = "short" | "exact";

const KEY = "webhook-inbox.zone";
/** Relative times are in minutes: they are rendered again this often. */
const REFRESH_MS = 30_000;

/** Calls `onChange` when another zone is used. */
export function createTimes(onChange: () => void): Times {
  const zones: Readonly<Record<ZoneName, Zone>> = { local: createZone("local"), utc: createZone("utc") };
  let zone = zones[localStorage.getItem(KEY) === "utc" ? "utc" : "local"];

  function fill(element: HTMLTimeElement): void {
    const text = element.dataset["form"] === "exact" ? zone.exact(element.dateTime, Date.now()) : zone.short(element.dateTime, Date.now());
    if (element.textContent !== text) element.textContent = text;
  }

  function refresh(): void {
    for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-form]")) fill(element);
  }

  setInterval(refresh, REFRESH_MS);
  return {
    zone: () => zone,
    use(name) {
      zone = zones[name];
      localStorage.setItem(KEY, name);
      refresh();
      onChange();
    },
    create(ts, form) {
      const element = create("time", { datetime: ts, title: ts, "data-form": form });
      fill(element);
      return element;
    },
  };
}
