import { closeSync, existsSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import type { Random } from "./messages.ts";

/** SQLite's default. */
const PAGE_BYTES = 4096;
const MOST_PAGES = 8;

/** The path of the index of a database, a separate file beside it. */
export function indexOf(database: string): string {
  return `${database}-index`;
}

/**
 * A way to damage an index, even while a service has it open. `inflict` returns a description of what it did, or undefined if
 * there is no such file.
 */
export interface Damage {
  readonly name: string;
  /** Whether reads must be exact at once: a deleted file stays intact for processes that have it open. */
  readonly exactAtOnce: boolean;
  readonly inflict: (index: string, random: Random) => string | undefined;
}

// The -shm file is never truncated or written to: SQLite maps it into memory, and a process that reads a truncated mapping is
// killed.
export const DAMAGES: readonly Damage[] = [
  {
    name: "deleted",
    exactAtOnce: true,
    inflict: (index) => remove([index, `${index}-wal`, `${index}-shm`]),
  },
  {
    name: "deleted except its WAL",
    exactAtOnce: true,
    inflict: (index) => remove([index]),
  },
  {
    name: "random bytes",
    exactAtOnce: false,
    inflict: (index, random) => overwrite(index, random, () => Buffer.from(Array.from({ length: PAGE_BYTES }, () => random() * 256))),
  },
  {
    name: "zeros",
    exactAtOnce: false,
    inflict: (index, random) => overwrite(index, random, () => Buffer.alloc(PAGE_BYTES)),
  },
  {
    name: "zeros in its WAL",
    exactAtOnce: false,
    inflict: (index, random) => overwrite(`${index}-wal`, random, () => Buffer.alloc(PAGE_BYTES)),
  },
  {
    name: "cut short",
    exactAtOnce: false,
    inflict(index, random) {
      const pages = pagesOf(index);
      if (pages === undefined) return undefined;
      const left = Math.floor(random() * pages);
      truncateSync(index, left * PAGE_BYTES);
      return `cut to ${left} of ${pages} pages`;
    },
  },
];

function remove(files: readonly string[]): string | undefined {
  if (!existsSync(files[0] ?? "")) return undefined;
  for (const file of files) rmSync(file, { force: true });
  return "deleted";
}

/** Some pages anywhere in the file; in one run of four, the first page, which contains the header. */
function overwrite(file: string, random: Random, page: () => Buffer): string | undefined {
  const pages = pagesOf(file);
  if (pages === undefined) return undefined;
  const chosen = Array.from({ length: 1 + Math.floor(random() * MOST_PAGES) }, () => Math.floor(random() * pages));
  if (random() < 0.25) chosen.push(0);
  const descriptor = openSync(file, "r+");
  try {
    for (const number of chosen) writeSync(descriptor, page(), 0, PAGE_BYTES, number * PAGE_BYTES);
  } finally {
    closeSync(descriptor);
  }
  return `${chosen.length} of ${pages} pages overwritten`;
}

/** Undefined if there is no such file, or if it has no page. */
function pagesOf(file: string): number | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size < PAGE_BYTES ? undefined : Math.floor(size / PAGE_BYTES);
}
