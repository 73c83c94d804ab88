import { startOverloaded, type OverloadedService } from "./service.ts";
import { metric, rssMiB, watch } from "./watch.ts";
import { exchange, get, pause, signedPost, type Crowd, type TimedResponse } from "./wire.ts";

export interface OverloadCase {
  readonly name: string;
  /** Starts the attack, which continues by itself. */
  readonly attack: (service: OverloadedService) => Promise<Crowd>;
  readonly seconds?: number;
  readonly maxDescriptors?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The maximum growth of the memory. */
  readonly growthMiB: number;
  /** The maximum duration of a health check, a scrape or a good delivery. */
  readonly responseMs?: number;
  /** Whether good deliveries may be refused with 503 during the attack. */
  readonly mayRefuse?: boolean;
  /** Whether only good deliveries may have reached the database. */
  readonly storesOnlyGood?: boolean;
  /** Further checks during the attack: returns what is wrong, or undefined. */
  readonly check?: (service: OverloadedService, crowd: Crowd) => Promise<string | undefined>;
}

export interface CaseResult {
  readonly figures: string;
  readonly problems: readonly string[];
}

const RESPONSE_MS = 2_000;
/** Half a second apart. */
const RECOVERY_ATTEMPTS = 10;

/** Starts the service, attacks it while watching it, and returns the figures and what was wrong. */
export async function runCase(given: OverloadCase): Promise<CaseResult> {
  const service = await startOverloaded(given);
  // The first requests make every service grow; that must not count.
  for (let index = 0; index < 20; index += 1) await exchange(service.port, signedPost(`warm ${index}`, { headers: "Connection: close\r\n" }));
  await exchange(service.port, get("/metrics"));
  const beforeMiB = rssMiB(service.pid);
  const crowd = await given.attack(service);
  const watched = await watch({ port: service.port, pid: service.pid, seconds: given.seconds ?? 5, beforeMiB });
  const closed = crowd.closed();
  const further = await given.check?.(service, crowd);
  crowd.end();
  const after = await deliverAfter(service.port);
  const committed = await metric(service.port, "webhook_batch_messages_sum");
  const problems: string[] = [];
  if (service.ended() !== undefined) problems.push(`the service ended: ${service.ended()}`);
  const failed = given.mayRefuse === true ? watched.failed.filter((what) => what !== "webhook 503") : watched.failed;
  if (failed.length > 0) problems.push(`no 200 for: ${[...new Set(failed)].join(", ")} (${failed.length} of ${watched.asked})`);
  if (watched.slowestMs > (given.responseMs ?? RESPONSE_MS)) problems.push(`the slowest response took ${Math.round(watched.slowestMs)} ms, more than ${given.responseMs ?? RESPONSE_MS}`);
  if (watched.grownMiB > given.growthMiB) problems.push(`memory grew by ${Math.round(watched.grownMiB)} MiB, more than ${given.growthMiB}`);
  if (after.status !== 200) problems.push(`a delivery after the attack got ${after.status}`);
  if (given.storesOnlyGood === true && committed !== watched.stored + 21) problems.push(`${committed} messages reached the database, not ${watched.stored + 21}`);
  if (further !== undefined) problems.push(further);
  const end = await service.stop();
  if (end !== "exit status 0") problems.push(`the stop ended with ${end}`);
  const statuses = Object.entries(crowd.statuses()).map(([status, count]) => `${count} × ${status}`).join(", ");
  const figures =
    `${crowd.sockets.length} clients, ${closed} closed${statuses === "" ? "" : `, responses ${statuses}`}; ` +
    `memory +${Math.max(0, Math.round(watched.grownMiB))} MiB (at most ${given.growthMiB}), ${Math.round(watched.grownLateMiB)} of it in the second half; others: ${watched.asked} requests, slowest ${Math.round(watched.slowestMs)} ms`;
  return { figures, problems };
}

/** Tries again, because connections of the attack may still be in the listen queue. */
async function deliverAfter(port: number): Promise<TimedResponse> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await exchange(port, signedPost("after", { headers: "Connection: close\r\n" }));
    if (response.status === 200 || attempt === RECOVERY_ATTEMPTS) return response;
    await pause(500);
  }
}
