import { join } from "node:path";
import { createHarness, type Harness, type HarnessOptions } from "./harness.ts";
import { mountSmallDisk } from "./small-disk.ts";
import { until } from "./until.ts";

const DISK_MIB = 64;
const LEFT_BYTES = 8 * 1024 * 1024;

/**
 * Fills a file system in memory: messages must get 503, the service must not be ready, reads must continue without half-written
 * data, and once there is room everything must continue in the same process. Only root may mount the file system. Returns what is
 * wrong.
 */
export async function fullDiskRow(options: HarnessOptions, say: (line: string) => void): Promise<Harness["problems"]> {
  const where = "full disk";
  const disk = mountSmallDisk(join(options.folder, "small-disk"), DISK_MIB);
  if (typeof disk === "string") {
    say(`${where}: NOT TRIED, a small file system must be mounted for it: ${disk}`);
    return [];
  }
  try {
    disk.fill(LEFT_BYTES);
    const harness = createHarness({ ...options, folder: disk.folder });
    const { ledger } = harness;
    const { service, url } = await harness.startUp(where);
    const ready = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;

    const first = harness.load(where, url);
    const isFull = async (): Promise<boolean> => ledger.count("refused") > 200 && (await ready()) === 503;
    await until(isFull, `${where}: messages must be refused, and /health/ready must be 503`);
    first.stop();
    await first.finished;
    await harness.check(`${where}, while it is full`, url);
    const rowsWhileFull = harness.rows();

    disk.free();
    await until(async () => (await ready()) === 200, `${where}: once there is room, /health/ready must become 200`);
    const storedBefore = ledger.count("stored");
    const second = harness.load(where, url);
    await until(async () => ledger.count("stored") > storedBefore + 500, `${where}: once there is room, messages must be stored`);
    second.stop();
    await second.finished;
    await harness.check(`${where}, once there is room`, url);
    service.signal("SIGTERM");
    await service.exited;
    await harness.finish(where);
    say(`${where}: ${ledger.count("refused")} got 503, ${rowsWhileFull} rows checked while it was full, ${harness.rows()} afterwards`);
    return harness.problems;
  } finally {
    disk.unmount();
  }
}
