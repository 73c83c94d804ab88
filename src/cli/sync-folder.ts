import { closeSync, fsyncSync, openSync } from "node:fs";

/** Only then the name that a file was given outlives a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
