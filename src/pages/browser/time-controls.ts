import { byId } from "./dom.ts";
import { toInstant } from "./timeline.ts";
import type { Times } from "./times.ts";
import { createZone, type ZoneName } from "./zone.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const RANGES = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS } as const;

export interface TimeControlsOptions {
  readonly times: Times;
  /** The reader wants the messages of a range of time; empty strings mean any time. */
  readonly onRange: (since: string, until: string) => void;
}

/** Sets up the buttons for ranges of time that end now, and for the time zone. */
export function createTimeControls({ times, onRange }: TimeControlsOptions): void {
  const buttons: readonly (readonly [ZoneName, HTMLButtonElement])[] = [
    ["local", byId("zone-local", HTMLButtonElement)],
    ["utc", byId("zone-utc", HTMLButtonElement)],
  ];
  const local = createZone("local").label();
  const button = byId("zone-local", HTMLButtonElement);
  // Two buttons with the same name could not be distinguished.
  if (local !== "UTC") button.textContent = local;
  button.title = `The time zone of this device: ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;

  function show(): void {
    for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(name === times.zone().name));
    for (const element of document.querySelectorAll(".zone")) element.textContent = `(${times.zone().label()})`;
  }

  for (const [name, button] of buttons) {
    button.addEventListener("click", () => {
      times.use(name);
      show();
    });
  }
  for (const [name, ms] of Object.entries(RANGES)) {
    // At a whole minute, which the field shows without seconds.
    byId(`last-${name}`, HTMLButtonElement).addEventListener("click", () => {
      onRange(toInstant(Math.floor((Date.now() - ms) / MINUTE_MS) * MINUTE_MS), "");
    });
  }
  byId("any-time", HTMLButtonElement).addEventListener("click", () => onRange("", ""));
  show();
}
