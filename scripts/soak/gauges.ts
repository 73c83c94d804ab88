import { readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

const MIB = 1024 * 1024;

/** The resources that a service uses at one moment. */
export interface Sample {
  readonly memoryMiB: number;
  readonly descriptors: number;
  /** The write-ahead logs of the database and of its index together. */
  readonly walMiB: number;
}

/** Reads a sample from /proc and the files beside the database. Throws once the process has ended. */
export function takeSample(pid: number, database: string): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const wals = [`${database}-wal`, `${database}-index-wal`];
  const walBytes = wals.reduce((bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  return {
    memoryMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    walMiB: walBytes / MIB,
  };
}

export interface Sampler {
  latest(): Sample | undefined;
  stop(): Promise<readonly Sample[]>;
}

export function startSampler(pid: number, database: string, everyMs: number): Sampler {
  const samples: Sample[] = [];
  let stopped = false;
  async function sample(): Promise<void> {
    while (!stopped) {
      samples.push(takeSample(pid, database));
      await setTimeout(everyMs);
    }
  }
  const ended = sample();
  return {
    latest: () => samples.at(-1),
    async stop() {
      stopped = true;
      await ended;
      return samples;
    },
  };
}

/** How much the last quarter of a run may use: `factor` times as much as the second one, plus `more`. */
interface Tolerance {
  readonly figure: keyof Sample;
  /** The figure of a quarter: its median, or its maximum. */
  readonly of: "median" | "most";
  readonly factor: number;
  readonly more: number;
}

const TOLERANCES: readonly Tolerance[] = [
  { figure: "memoryMiB", of: "median", factor: 1.2, more: 48 },
  { figure: "descriptors", of: "most", factor: 1, more: 24 },
  { figure: "walMiB", of: "most", factor: 2, more: 16 },
];

/**
 * Compares the last quarter of a run with the second one, since the first is the warm-up. Returns a line for everything that grew
 * too much.
 */
export function findGrowth(samples: readonly Sample[]): readonly string[] {
  const quarter = Math.floor(samples.length / 4);
  return TOLERANCES.flatMap(({ figure, of, factor, more }) => {
    const value = (from: number): number => {
      const sorted = samples.slice(from, from + quarter).map((sample) => sample[figure]).toSorted((a, b) => a - b);
      return sorted[of === "median" ? Math.floor(sorted.length / 2) : sorted.length - 1] ?? NaN;
    };
    const second = value(quarter);
    const last = value(samples.length - quarter);
    if (last <= second * factor + more) return [];
    return [`${figure} grew from ${second.toFixed(0)} in the second quarter to ${last.toFixed(0)} in the last one`];
  });
}
