import { countOf } from "./format.ts";

/** The shortest time between two announcements of arrivals. */
const EVERY_MS = 5000;

/** Texts for screen readers. */
export interface Announcer {
  say(text: string): void;
  /** Counts messages that arrived; they are announced together. */
  count(arrived: number): void;
}

/** Announces by writing into an element that screen readers watch. */
export function createAnnouncer(status: HTMLElement): Announcer {
  let untold = 0;
  let isWaiting = false;

  function tell(): void {
    isWaiting = untold > 0;
    if (!isWaiting) return;
    status.textContent = `${countOf(untold, "new message")} arrived`;
    untold = 0;
    setTimeout(tell, EVERY_MS);
  }

  return {
    say(text) {
      status.textContent = text;
    },
    count(arrived) {
      untold += arrived;
      if (!isWaiting) tell();
    },
  };
}
