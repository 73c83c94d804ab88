import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A small in-memory file system, which can really be full. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills it, except for about this many bytes. */
  fill(leave: number): void;
  /** Frees that space. */
  free(): void;
  unmount(): void;
}

/** Mounts a small disk at `folder`, which must not exist yet. Only root may do this. If it fails, returns the reason, for the operator. */
export function mountSmallDisk(folder: string, mib: number): SmallDisk | string {
  mkdirSync(folder);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", folder], { encoding: "utf8" });
  if (mounted.status !== 0) return mounted.error?.message ?? mounted.stderr.trim();
  const filler = join(folder, "filler");
  const unmount = (): void => void spawnSync("umount", ["--lazy", folder]);
  process.once("exit", unmount);
  return {
    folder,
    fill(leave) {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
      } catch {
        // Other processes have used some of the space meanwhile; the file system is full in any case.
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount() {
      process.off("exit", unmount);
      unmount();
    },
  };
}
