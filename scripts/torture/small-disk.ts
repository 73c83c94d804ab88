import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A small file system of memory, which can really be full. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all room but about this many bytes. */
  fill(leave: number): void;
  /** Gives the room back. */
  free(): void;
  unmount(): void;
}

/** Mounts one at `folder`, which must not exist yet. Only root may: gives what is in the way, for the operator, if it cannot. */
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
        // Others have taken some of it meanwhile: it is full all the same.
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount() {
      process.off("exit", unmount);
      unmount();
    },
  };
}
