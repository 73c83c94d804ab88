const NODE_FLOOR = "26.7.0";
/** Earlier versions can corrupt a WAL that several connections use (https://www.sqlite.org/releaselog/3_51_3.html). */
const SQLITE_FLOOR = "3.51.3";

/** What is too old in the runtime; undefined if nothing is. */
export function unsupportedRuntime(versions: { readonly node: string; readonly sqlite?: string | undefined }): string | undefined {
  if (isOlder(versions.node, NODE_FLOOR)) {
    return `Cannot start: Node.js must be ${NODE_FLOOR} or newer, not ${versions.node} (in a clone, make run fetches a new one)`;
  }
  const { sqlite } = versions;
  if (sqlite === undefined || isOlder(sqlite, SQLITE_FLOOR)) {
    return `Cannot start: the SQLite of Node.js must be ${SQLITE_FLOOR} or newer, not ${sqlite ?? "missing"}`;
  }
  return undefined;
}

function isOlder(version: string, floor: string): boolean {
  return version.localeCompare(floor, "en", { numeric: true }) < 0;
}
