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
  let unannounced = 0;
  let isWaiting = false;

  function announce(): void {
    isWaiting = unannounced > 0;
    if (!isWaiting) return;
    status.textContent = `${countOf(unannounced, "new message")} arrived`;
    unannounced = 0;
    setTimeout(announce, EVERY_MS);
  }

  return {
    say(text) {
      status.textContent = text;
    },
    count(arrived) {
      unannounced += arrived;
      if (!isWaiting) announce();
    },
  };
}
