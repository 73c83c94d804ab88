import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { DAMAGES, indexOf, type Damage } from "./damage.ts";
import { withinTime, type Harness } from "./harness.ts";
import { pick } from "./messages.ts";
import { startReaders } from "./readers.ts";
import type { RoundsOptions } from "./rounds.ts";
import type { Service } from "./service.ts";

/** How often the index is damaged during a round. */
const DAMAGES_A_ROUND = 3;
const READERS = 4;

/**
 * Deletes and damages the index file under load and while the service is stopped. No delivery may be refused because of that,
 * reads must become right again by themselves (at once if the file was only deleted), and nothing may be lost.
 */
export async function indexRounds(harness: Harness, options: RoundsOptions): Promise<void> {
  for (let round = 1; round <= options.rounds; round += 1) {
    const where = `index round ${round}`;
    const { service, url } = await harness.startUp(where);
    const done = await damageUnderLoad(harness, { where, url, service, loadMs: options.loadMs });
    const tookMs = await checkAfter(harness, where, { url, done });
    await stop(harness, where, service);
    if (done.length === 0 && !existsSync(indexOf(harness.database))) {
      return options.say("index rounds: NOT TRIED, there is no index file beside the database");
    }
    const whileStopped = inflict(harness);
    const later = `${where}, started again`;
    const again = await harness.startUp(later);
    const tookAgainMs = await checkAfter(harness, later, { url: again.url, done: whileStopped });
    await stop(harness, later, again.service);
    const told = [...done, ...whileStopped].map(({ told }) => told).join("; ");
    options.say(`${where} of ${options.rounds}: ${told}; reads were right after ${tookMs} and ${tookAgainMs} ms, ${harness.rows()} rows checked`);
  }
  await harness.finish("the end of the index rounds");
}

interface Inflicted extends Damage {
  readonly told: string;
}

function inflict(harness: Harness): readonly Inflicted[] {
  const damage = pick(harness.random, DAMAGES);
  const did = damage?.inflict(indexOf(harness.database), harness.random);
  return damage === undefined || did === undefined ? [] : [{ ...damage, told: `${damage.name}: ${did}` }];
}

interface UnderLoad {
  readonly where: string;
  readonly url: string;
  readonly service: Service;
  readonly loadMs: RoundsOptions["loadMs"];
}

async function damageUnderLoad(harness: Harness, { where, url, service, loadMs: [least, most] }: UnderLoad): Promise<readonly Inflicted[]> {
  const { random, ledger } = harness;
  const refusedBefore = ledger.count("refused");
  const load = harness.load(where, url);
  const readers = startReaders(url, random, { count: READERS });
  const done: Inflicted[] = [];
  let ended = false;
  void service.exited.then(() => {
    ended = true;
  });
  for (let count = 0; count < DAMAGES_A_ROUND; count += 1) {
    await setTimeout(least + random() * (most - least));
    done.push(...inflict(harness));
  }
  await setTimeout(least);
  load.stop();
  await withinTime(load.finished, `${where}: deliveries must get responses`);
  harness.reportReads(where, await readers.stop());
  if (ended) throw new Error(`Cannot continue: ${where}: the service must not end: ${service.complaints()}`);
  const refused = ledger.count("refused") - refusedBefore;
  if (refused > 0) harness.report(where, `${refused} deliveries got 503 because of the index`);
  return done;
}

/** Returns how long it took until all derived data was right. */
async function checkAfter(harness: Harness, where: string, { url, done }: { url: string; done: readonly Damage[] }): Promise<number> {
  const tookMs = await harness.checkRepaired(where, url);
  const exactAtOnce = done.every((one) => one.exactAtOnce);
  if (tookMs > 0 && exactAtOnce) harness.report(where, `reads were wrong for ${tookMs} ms though no file was damaged`);
  return tookMs;
}

async function stop(harness: Harness, where: string, service: Service): Promise<void> {
  const kills = harness.random() < 0.5;
  service.signal(kills ? "SIGKILL" : "SIGTERM");
  if (kills) await service.exited;
  else await harness.endInOrder(where, service);
}
