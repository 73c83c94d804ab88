import { setTimeout } from "node:timers/promises";
import { withinTime, type Harness } from "./harness.ts";
import type { Service } from "./service.ts";

export interface RoundsOptions {
  readonly rounds: number;
  /** How long a round sends before its kill, at random between minimum and maximum. */
  readonly loadMs: readonly [least: number, most: number];
  readonly say: (line: string) => void;
}

/** The share of rounds in which an extra kill hits the start, while the WAL of the previous kill is still to be recovered. */
const KILLED_AT_START = 0.2;
/** The share of rounds in which the kill hits a graceful stop. */
const KILLED_AT_STOP = 0.2;

/** Kills the service under load at random moments, restarts it on the same file, and checks it after each start and at the end. */
export async function killRounds(harness: Harness, options: RoundsOptions): Promise<void> {
  const { random, ledger } = harness;
  const between = ([least, most]: readonly [number, number]): number => least + random() * (most - least);
  for (let round = 1; round <= options.rounds; round += 1) {
    const where = `round ${round}`;
    if (random() < KILLED_AT_START) await kill(harness.start(), between([0, 200]));
    const { service, url } = await harness.startUp(where);
    await harness.check(where, url);
    const load = harness.load(where, url);
    await setTimeout(between(options.loadMs));
    const stopsFirst = random() < KILLED_AT_STOP;
    if (stopsFirst) service.signal("SIGTERM");
    await kill(service, stopsFirst ? between([0, 30]) : 0);
    await withinTime(load.finished, `${where}: the connections of a killed service must end`);
    options.say(
      `${where} of ${options.rounds}: ${harness.rows()} rows checked, ${ledger.count("stored")} got 200, ` +
        `${ledger.count("refused")} got 503, ${ledger.count("in_doubt")} lost`,
    );
  }
  await harness.finish("the end");
}

async function kill(service: Service, afterMs: number): Promise<void> {
  await setTimeout(afterMs);
  service.signal("SIGKILL");
  await withinTime(service.exited, "a killed service must end");
}
