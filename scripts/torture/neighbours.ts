import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { withinTime, type Harness } from "./harness.ts";
import { pick } from "./messages.ts";
import { holdSnapshot, startReaders } from "./readers.ts";
import type { Service } from "./service.ts";
import type { SmallDisk } from "./small-disk.ts";
import { until } from "./until.ts";

export interface NeighbourOptions {
  readonly events: number;
  readonly say: (line: string) => void;
  /** The disk with the database, if it can be filled. */
  readonly disk?: SmallDisk;
}

/** The pause of each connection between requests: the load must leave room for the other processes. */
const PACE_MS = 20;
const READERS = 2;
const MOST_LEFT_BYTES = 200_000;

/**
 * Second processes (the same start command again), other readers of the file and full disks come and go at random, under load. A
 * second process must refuse to start, naming the file and its owner; a delivery may be refused only while the disk is full; reads
 * must continue; and once all of these are gone, everything must continue in the same process.
 */
export async function neighbourRound(harness: Harness, { events, say, disk }: NeighbourOptions): Promise<void> {
  const where = "neighbours";
  const { random, ledger } = harness;
  const { service, url } = await harness.startUp(where);
  let ended = false;
  void service.exited.then(() => {
    ended = true;
  });
  const refusedBefore = ledger.count("refused");
  const load = harness.load(where, url, { pace: () => setTimeout(PACE_MS) });
  const readers = startReaders(url, random, { count: READERS });
  const kinds = ["reader", ...(hasOwner(harness) ? ["second"] : []), ...(disk === undefined ? [] : ["disk"])] as const;
  const told = new Map<string, number>();
  const going: Promise<unknown>[] = [];
  for (let event = 0; event < events && !ended; event += 1) {
    const kind = pick(random, kinds) ?? "reader";
    told.set(kind, (told.get(kind) ?? 0) + 1);
    if (kind === "second") going.push(startSecond(harness, where, { service, url }));
    else if (kind === "reader") going.push(holdSnapshot(harness.database, setTimeout(random() * 1_500)).catch(() => undefined));
    else if (disk !== undefined) going.push(fillDisk(disk, { leave: random() * MOST_LEFT_BYTES, ms: 100 + random() * 700 }));
    await setTimeout(50 + random() * 300);
  }
  await Promise.all(going);
  if (ended) harness.report(where, `the service must not end: ${service.complaints()}`);
  else await goesOn(harness, where, url);
  load.stop();
  await withinTime(load.finished, `${where}: deliveries must get responses`);
  const statuses = await readers.stop();
  if (!ended) harness.reportReads(where, statuses);
  const refused = ledger.count("refused") - refusedBefore;
  if (refused > 0 && !told.has("disk")) harness.report(where, `${refused} deliveries got 503`);
  if (!ended) await endBesideReader(harness, where, { service, url });
  await harness.finish(where);
  const counts = [...told].map(([kind, count]) => `${count} × ${kind}`).join(", ");
  const left = hasOwner(harness) ? "" : "; second processes NOT TRIED, the database has no owner";
  say(`${where}: ${counts}; ${refused} got 503, ${harness.rows()} rows checked${left}`);
}

/** A running service and its URL. */
export interface Started {
  readonly service: Service;
  readonly url: string;
}

/** Whether the database has a lock, which is on a separate file. */
export function hasOwner({ database }: Pick<Harness, "database">): boolean {
  return existsSync(`${database}-owner`);
}

/** The same start command again, on the same port or another: it must refuse before it touches anything. */
export async function startSecond(harness: Harness, where: string, first: Started): Promise<void> {
  const port = harness.random() < 0.5 ? Number(new URL(first.url).port) : 0;
  const second = harness.start({ port });
  const url = await withinTime(second.started, `${where}: a second process must end`);
  if (url !== undefined) second.signal("SIGKILL");
  const { code, signal } = await second.exited;
  if (url !== undefined) harness.report(where, "a second process has started on the same database");
  else if (code !== 1) harness.report(where, `a second process must end with status 1, not ${code ?? signal}: ${second.complaints()}`);
  else if (![harness.database, String(first.service.pid)].every((name) => second.complaints().includes(name))) {
    harness.report(where, `a second process must name the database and its owner: ${second.complaints()}`);
  }
}

async function fillDisk(disk: SmallDisk, { leave, ms }: { readonly leave: number; readonly ms: number }): Promise<void> {
  disk.fill(leave);
  await setTimeout(ms);
  disk.free();
}

async function goesOn({ ledger }: Harness, where: string, url: string): Promise<void> {
  await until(async () => (await fetch(`${url}/health/ready`)).status === 200, `${where}: /health/ready must become 200 once all are gone`);
  const storedBefore = ledger.count("stored");
  await until(async () => ledger.count("stored") > storedBefore + 100, `${where}: messages must be stored once all are gone`);
}

/** A foreign process that has the file open must not prevent an orderly stop. */
async function endBesideReader(harness: Harness, where: string, { service, url }: Started): Promise<void> {
  await harness.check(where, url);
  const reader = holdSnapshot(harness.database, service.exited);
  service.signal("SIGTERM");
  await harness.endInOrder(`${where}, beside a reader`, service);
  await reader;
}
