/** Arrivals are shown together: a busy service must not redraw the page for every message. */
const GATHER_MS = 250;

/** Collects things as they come, and passes them on together a little later. */
export function createGather<T>(onGathered: (things: readonly T[]) => void): (things: readonly T[]) => void {
  let gathered: T[] = [];
  return (things) => {
    if (things.length === 0) return;
    gathered.push(...things);
    if (gathered.length > things.length) return;
    setTimeout(() => {
      const all = gathered;
      gathered = [];
      onGathered(all);
    }, GATHER_MS);
  };
}
