import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { atEnd, type Lifetime } from "./cleanup.ts";
import { temporaryFolder } from "./store.ts";

/** Whether this process may mount a file system of its own, for the `skip` of a test. */
export const SKIP_WITHOUT_DISK: string | false = mayMount() ? false : "NOT TESTED: only a user that may mount a file system can";

/** A small disk. */
export interface Disk {
  readonly folder: string;
  /** Leaves room for this many pages of 4 KiB beside what is there. */
  leave(pages: number): void;
}

/** A file system in memory that goes away with the test, with 64 MiB of room. */
export function mountDisk(t: Lifetime): Disk {
  const folder = temporaryFolder(t);
  mount(folder, "size=64m");
  atEnd(t, () => execFileSync("umount", ["--lazy", folder]));
  return {
    folder,
    leave(pages) {
      // What a thread of the store writes between the two calls may make the new size too small, which is refused.
      for (let triesLeft = 10; ; triesLeft -= 1) {
        const { blocks, bfree, bsize } = statfsSync(folder);
        try {
          mount(folder, `remount,size=${((blocks - bfree) * bsize) / 1024 + 4 * pages}k`);
          return;
        } catch (error) {
          if (triesLeft === 0) throw error;
        }
      }
    },
  };
}

function mount(folder: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" });
}

function mayMount(): boolean {
  try {
    // In a mount namespace that ends with the command.
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
