/** Paths longer than any route's are not compared: a flood of them must stay cheap. */
const MAX_LENGTH = 64;
/** How many characters may differ; additional segments at one end count as one character, and so does a missing last segment. */
const MAX_DISTANCE = 2;
const SEGMENT_COST = 1;

/**
 * Creates the function that finds the route closest to an unknown path. The path may differ in case, slashes and unnecessary
 * percent-encoding; have a prefix that a proxy should have removed, or segments at its end, such as a sender's name; lack the last
 * segment; or have up to two characters added, left out or changed. The function returns the longer of two equally close routes,
 * and undefined if none is close. A `{parameter}` matches any segment.
 */
export function createNearestRoute(paths: readonly string[]): (given: string) => string | undefined {
  const known = paths.filter((path) => path !== "/").map((path) => ({ path, parts: simplify(path) }));
  return (given) => {
    if (given.length > MAX_LENGTH) return undefined;
    const parts = simplify(given);
    if (parts.length === 0) return undefined;
    const ranked = known
      .map(({ path, parts: wanted }) => {
        const near = [
          distanceOf(wanted, parts.slice(-wanted.length)),
          distanceOf(wanted, parts.slice(0, wanted.length)),
          distanceOf(wanted.slice(0, -1), parts),
        ];
        return { path, size: wanted.length, distance: Math.min(distanceOf(wanted, parts), Math.min(...near) + SEGMENT_COST) };
      })
      .toSorted((a, b) => a.distance - b.distance || b.size - a.size);
    const [best] = ranked;
    return best !== undefined && best.distance <= MAX_DISTANCE ? best.path : undefined;
  };
}

function simplify(path: string): readonly string[] {
  return decode(path).toLowerCase().split("/").filter((part) => part !== "");
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function distanceOf(wanted: readonly string[], parts: readonly string[]): number {
  // A slash in a parameter that is not encoded as %2F splits the parameter into several parts.
  const isSplit = parts.length > wanted.length && wanted.at(-1)?.startsWith("{") === true;
  if (wanted.length !== parts.length && !isSplit) return Infinity;
  return (isSplit ? 1 : 0) + wanted.reduce((sum, part, at) => sum + (part.startsWith("{") ? 0 : editsBetween(part, parts[at] ?? "")), 0);
}

/** The number of characters to add, remove or change (Levenshtein). Infinite if more than half of `wanted` differs. */
function editsBetween(wanted: string, given: string): number {
  let row = Array.from({ length: given.length + 1 }, (_, index) => index);
  for (let at = 0; at < wanted.length; at += 1) {
    const next = [at + 1];
    for (let index = 0; index < given.length; index += 1) {
      const same = wanted[at] === given[index] ? 0 : 1;
      next.push(Math.min((row[index] ?? 0) + same, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  const edits = row.at(-1) ?? 0;
  return 2 * edits > wanted.length ? Infinity : edits;
}
