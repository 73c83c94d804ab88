/** Arrivals are shown together: a busy service must not redraw the page for every message. */
const GATHER_MS = 250;

/** Collects items as they arrive, and passes them on together a little later. */
export function createGather<T>(onGathered: (items: readonly T[]) => void): (items: readonly T[]) => void {
  let gathered: T[] = [];
  return (items) => {
    if (items.length === 0) return;
    gathered.push(...items);
    if (gathered.length > items.length) return;
    setTimeout(() => {
      const all = gathered;
      gathered = [];
      onGathered(all);
    }, GATHER_MS);
  };
}
