import { readFile, readdir } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { registerNodeMetrics } from "./node-metrics.ts";
import type { Family, Gauge, Registry } from "./registry.ts";

/**
 * Registers `process_*` and `nodejs_*` with the names and labels of prom-client's default metrics, so that stock dashboards
 * work. CPU, memory and descriptors are those of the whole process, including worker threads; heap, garbage collection and
 * event-loop lag are those of the calling thread. On a platform without /proc, metrics that come from it are not registered.
 *
 * @returns a function that stops the delay monitor and the garbage-collection observer; the registry stays usable.
 */
export function registerProcessMetrics(registry: Registry): () => void {
  registerCpuAndStart(registry);
  if (process.platform === "linux") registerProcFiles(registry);
  else registry.sampledGauge("process_resident_memory_bytes", "Resident memory size in bytes.", () => process.memoryUsage.rss());
  return registerNodeMetrics(registry);
}

function registerCpuAndStart(registry: Registry): void {
  const user = registry.counter("process_cpu_user_seconds_total", "Total user CPU time in seconds.").labels();
  const system = registry.counter("process_cpu_system_seconds_total", "Total system CPU time in seconds.").labels();
  const both = registry.counter("process_cpu_seconds_total", "Total user and system CPU time in seconds.").labels();
  registry.onScrape(() => {
    const usage = process.cpuUsage();
    user.value = usage.user / 1e6;
    system.value = usage.system / 1e6;
    both.value = (usage.user + usage.system) / 1e6;
  });
  registry
    .gauge("process_start_time_seconds", "Start time of the process, in seconds since the Unix epoch.")
    .labels()
    .set(performance.timeOrigin / 1000);
}

function registerProcFiles(registry: Registry): void {
  const resident = registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  const virtual = registry.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  const heap = registry.gauge("process_heap_bytes", "Size of the data segment of the process in bytes.");
  const openFds = registry.gauge("process_open_fds", "Number of open file descriptors.");
  const maxFds = registry.gauge("process_max_fds", "Maximum number of open file descriptors.");
  registry.onScrape(async () => {
    // One after the other: a status file open at the same time would count as one more descriptor.
    const status = await readFile("/proc/self/status", "utf8").catch(() => "");
    const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
    const descriptors = await readdir("/proc/self/fd").catch(() => undefined);
    const samples: readonly (readonly [Family<Gauge, []>, number | undefined])[] = [
      [resident, kibibytes(/^VmRSS:\s+(\d+) kB$/m.exec(status))],
      [virtual, kibibytes(/^VmSize:\s+(\d+) kB$/m.exec(status))],
      [heap, kibibytes(/^VmData:\s+(\d+) kB$/m.exec(status))],
      // Minus the descriptor that listed the folder.
      [openFds, descriptors === undefined ? undefined : descriptors.length - 1],
      [maxFds, numberOf(/^Max open files\s+(\d+)/m.exec(limits))],
    ];
    for (const [family, value] of samples) {
      if (value === undefined) family.clear();
      else family.labels().set(value);
    }
  });
}

function numberOf(match: RegExpExecArray | null): number | undefined {
  return match === null ? undefined : Number(match[1]);
}

function kibibytes(match: RegExpExecArray | null): number | undefined {
  const number = numberOf(match);
  return number === undefined ? undefined : number * 1024;
}
