import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { SHUTDOWN_TIMEOUT_MS, withinTime, type Harness } from "./harness.ts";
import { until } from "./until.ts";

type Say = (line: string) => void;

const REPEATS = 3;

/** SIGTERM under load: requests sent before it get responses, and the process ends with status 0 within its limit. */
export async function stopRows(harness: Harness, say: Say): Promise<void> {
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    const where = `SIGTERM under load ${repeat}`;
    const { service, url } = await harness.startUp(where);
    const load = harness.load(where, url);
    await setTimeout(200 + harness.random() * 500);
    const inFlight = load.inFlight();
    const signalledAt = performance.now();
    service.signal("SIGTERM");
    const exit = await withinTime(service.exited, `${where}: the service must stop`);
    const tookMs = Math.round(performance.now() - signalledAt);
    await withinTime(load.finished, `${where}: the connections must end`);
    // After a response with Connection: close no more are due (RFC 9112, section 9.6).
    const due = inFlight.filter((attempt) => !load.behindClose.has(attempt));
    const unanswered = due.filter(({ end }) => end?.outcome === "in_doubt").length;
    if (unanswered > 0) harness.report(where, `${unanswered} of ${due.length} requests sent before the signal got no response`);
    if (exit.code !== 0 || tookMs > SHUTDOWN_TIMEOUT_MS) {
      harness.report(where, `ended with ${exit.code ?? exit.signal} after ${tookMs} ms: ${service.complaints()}`);
    }
    await harness.finish(where);
    say(`${where}: ${due.length} requests were due a response, ${unanswered} got none; ended with status ${exit.code} after ${tookMs} ms`);
  }
}

/** A fault that strace injects into a system call of the service, from the n-th call on. */
interface SyscallFault {
  readonly name: string;
  readonly calls: string;
  readonly fault: (nth: number) => string;
  /** The exit status or signal to which it must lead. */
  readonly endsWith: number | NodeJS.Signals;
}

const SYNCS = "fsync,fdatasync";
const SYNC_FAULTS: readonly SyscallFault[] = [
  { name: "EIO on one sync", calls: SYNCS, fault: (nth) => `error=EIO:when=${nth}`, endsWith: 1 },
  { name: "EIO on every sync from one on", calls: SYNCS, fault: (nth) => `error=EIO:when=${nth}+`, endsWith: 1 },
  { name: "kill at a sync", calls: SYNCS, fault: (nth) => `signal=KILL:when=${nth}`, endsWith: "SIGKILL" },
];

/** Disk faults under load: after EIO the service ends by itself, and every message that got 200 exists after a restart. */
export async function straceRows(harness: Harness, say: Say): Promise<void> {
  const missing = straceProblem();
  if (missing !== undefined) {
    say(`EIO, ENOSPC and kill at a sync: NOT TRIED, ${missing}`);
    return;
  }
  for (const { name, calls, fault, endsWith } of SYNC_FAULTS) {
    for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
      // The first few belong to the start.
      const nth = 6 + Math.floor(harness.random() * 60);
      const where = `${name}, number ${nth}`;
      const service = harness.start({ under: strace(calls, fault(nth)) });
      const url = await withinTime(service.started, `${where}: the service must start or end`);
      if (url !== undefined) await withinTime(harness.load(where, url).finished, `${where}: the connections must end`);
      const exit = await withinTime(service.exited, `${where}: the service must end by itself`);
      const end = exit.code ?? exit.signal;
      if (end !== endsWith) harness.report(where, `ended with ${end} instead of ${endsWith}: ${service.complaints()}`);
      await harness.finish(where);
      say(`${where}: ended with ${exit.code ?? exit.signal}, ${harness.rows()} rows checked after the restart`);
    }
  }
  await noSpaceRow(harness, say);
}

/** ENOSPC for this many consecutive writes: 503 and not ready meanwhile; then everything continues in the same process. */
async function noSpaceRow(harness: Harness, say: Say): Promise<void> {
  const where = "ENOSPC on 1,000 writes";
  const { ledger } = harness;
  const { service, url } = await harness.startUp(where, { under: strace("pwrite64", "error=ENOSPC:when=300..1299") });
  const load = harness.load(where, url);
  const refusedBefore = ledger.count("refused");
  const ready = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;
  await until(async () => (await ready()) === 503, `${where}: /health/ready must become 503`);
  await until(async () => (await ready()) === 200, `${where}: /health/ready must become 200 again`);
  const storedBefore = ledger.count("stored");
  await until(async () => ledger.count("stored") > storedBefore + 100, `${where}: messages must be stored again`);
  load.stop();
  await load.finished;
  const refused = ledger.count("refused") - refusedBefore;
  if (refused === 0) harness.report(where, "no message got 503");
  await harness.check(where, url);
  service.signal("SIGTERM");
  await harness.endInOrder(where, service);
  await harness.finish(where);
  say(`${where}: ${refused} got 503, /health/ready was 503 and then 200, ${harness.rows()} rows checked`);
}

/** strace runs as a grandchild (-D), so that signals and the exit status are those of the service. */
function strace(calls: string, fault: string): readonly string[] {
  // Without the filter, strace stops the service at every system call; with the filter, strace delivers no signals.
  const filter = fault.startsWith("signal=") ? [] : ["--seccomp-bpf"];
  return ["strace", "-D", "-f", ...filter, "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:${fault}`];
}

/** Says why strace cannot be used; undefined if it can. */
function straceProblem(): string | undefined {
  const [program = "", ...args] = [...strace("fsync", "error=EIO:when=1..2"), "true"];
  const trial = spawnSync(program, args, { encoding: "utf8" });
  if (trial.error !== undefined) return "strace is not installed";
  return trial.status === 0 && trial.stderr === "" ? undefined : `strace does not work here: ${trial.stderr.trim()}`;
}
