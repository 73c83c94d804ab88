import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHarness, type HarnessOptions } from "./harness.ts";
import { until } from "./until.ts";

const DISK_MIB = 64;
const FILLER_MIB = 56;

/**
 * A file system of memory that is really full: messages get 503, ready turns 503, reads go on with nothing half-written,
 * and once there is room all of it goes on in the same process. Only root may mount one. Gives what is wrong.
 */
export async function fullDiskRow(options: HarnessOptions, say: (line: string) => void): Promise<readonly { where: string; what: string }[]> {
  const where = "full disk";
  const folder = join(options.folder, "small-disk");
  mkdirSync(folder);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", folder], { encoding: "utf8" });
  if (mounted.status !== 0) {
    say(`${where}: NOT TRIED, a small file system must be mounted for it: ${mounted.error?.message ?? mounted.stderr.trim()}`);
    return [];
  }
  const unmount = (): void => void spawnSync("umount", ["--lazy", folder]);
  process.once("exit", unmount);
  try {
    const filler = join(folder, "filler");
    writeFileSync(filler, Buffer.alloc(FILLER_MIB * 1024 * 1024));
    const harness = createHarness({ ...options, folder });
    const { ledger } = harness;
    const { service, url } = await harness.startUp(where);
    const ready = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;

    const first = harness.load(where, url);
    await until(async () => ledger.count("refused") > 200 && (await ready()) === 503, `${where}: messages must be refused, and ready be 503`);
    first.stop();
    await first.finished;
    await harness.check(`${where}, while it is full`, url);
    const rowsWhileFull = harness.rows();

    rmSync(filler);
    await until(async () => (await ready()) === 200, `${where}: with room again, ready must turn 200`);
    const storedBefore = ledger.count("stored");
    const second = harness.load(where, url);
    await until(async () => ledger.count("stored") > storedBefore + 500, `${where}: with room again, messages must be stored`);
    second.stop();
    await second.finished;
    await harness.check(`${where}, with room again`, url);
    service.signal("SIGTERM");
    await service.exited;
    await harness.finish(where);
    say(`${where}: ${ledger.count("refused")} answers 503, ${rowsWhileFull} rows checked while full, ${harness.rows()} after it`);
    return harness.problems;
  } finally {
    process.off("exit", unmount);
    unmount();
  }
}
