import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { atEnd, type Lifetime } from "./cleanup.ts";
import { temporaryFolder } from "./store.ts";

/** The `skip` of a test that needs to mount a file system. */
export const SKIP_WITHOUT_DISK: string | false = mayMount() ? false : "NOT TESTED: only a user that may mount a file system can";

/** A small file system. */
export interface Disk {
  readonly folder: string;
  /** Resizes the file system so that this many pages of 4 KiB are free. */
  leave(pages: number): void;
}

/** Mounts a file system of 64 MiB in memory, until the end of the test. */
export function mountDisk(t: Lifetime): Disk {
  const folder = temporaryFolder(t);
  mount(folder, "size=64m");
  atEnd(t, () => execFileSync("umount", ["--lazy", folder]));
  return {
    folder,
    leave(pages) {
      // If a thread of the store writes between the two calls, the new size may be too small, and the mount is refused.
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
    // Runs in a mount namespace that ends with the command.
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
