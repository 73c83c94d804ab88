/** Arrivals are put in together: a busy service must not redraw the page at every message. */
const GATHER_MS = 250;

/** Takes things one by one, and hands on what has gathered a little later. */
export function createGather<T>(onGathered: (things: readonly T[]) => void): (thing: T) => void {
  let gathered: T[] = [];
  return (thing) => {
    gathered.push(thing);
    if (gathered.length > 1) return;
    setTimeout(() => {
      const things = gathered;
      gathered = [];
      onGathered(things);
    }, GATHER_MS);
  };
}
