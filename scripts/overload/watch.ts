import { readFileSync } from "node:fs";
import { once } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { exchange, get, pause, signedPost } from "./wire.ts";

/** What other clients observed during the attack. */
export interface Watched {
  /** Health checks, scrapes and good deliveries that were made. */
  readonly asked: number;
  /** Those that did not get 200, as `target status`. */
  readonly failed: readonly string[];
  readonly slowestMs: number;
  /** Peak memory minus the memory before the attack. */
  readonly grownMiB: number;
  /** The growth in the second half of the time: an attack that continues must not take more and more memory. */
  readonly grownLateMiB: number;
  readonly stored: number;
}

export interface WatchOptions {
  readonly port: number;
  readonly pid: number;
  readonly seconds: number;
  readonly beforeMiB: number;
}

/** Watches from a separate thread, because the event loop of the attackers is too busy. */
export async function watch(options: WatchOptions): Promise<Watched> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const [watched] = await once(worker, "message");
  return watched;
}

/** Requests health, metrics and a delivery, one after the other, until the time is over; each on its own connection. */
async function watchHere(options: WatchOptions): Promise<Watched> {
  const { port } = options;
  let delivered = 0;
  const endsAt = performance.now() + options.seconds * 1000;
  const failed: string[] = [];
  let asked = 0;
  let slowestMs = 0;
  let peakMiB = 0;
  let firstHalfMiB = 0;
  const halfAt = performance.now() + options.seconds * 500;
  let stored = 0;
  while (performance.now() < endsAt || asked < 4) {
    delivered += 1;
    const delivery = signedPost(`good ${delivered}`, { headers: "Connection: close\r\n" });
    for (const [what, request] of [["live", get("/health/live")], ["ready", get("/health/ready")], ["metrics", get("/metrics")], ["webhook", delivery]] as const) {
      const response = await exchange(port, request);
      asked += 1;
      slowestMs = Math.max(slowestMs, response.ms);
      if (response.status !== 200) failed.push(`${what} ${response.status}`);
      else if (what === "webhook") stored += 1;
      peakMiB = Math.max(peakMiB, rssMiB(options.pid));
      if (performance.now() <= halfAt) firstHalfMiB = peakMiB;
    }
    await pause(50);
  }
  return { asked, failed, slowestMs, grownMiB: peakMiB - options.beforeMiB, grownLateMiB: peakMiB - (firstHalfMiB || peakMiB), stored };
}

/** Resident memory of a process; NaN once it has ended. */
export function rssMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** The value of a series without labels. */
export async function metric(port: number, series: string): Promise<number> {
  const { text } = await exchange(port, get("/metrics"));
  return Number(new RegExp(`^${series} (\\S+)$`, "m").exec(text)?.[1] ?? NaN);
}

if (parentPort !== null) parentPort.postMessage(await watchHere(workerData));
