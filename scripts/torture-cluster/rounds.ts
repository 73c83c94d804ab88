import { setTimeout } from "node:timers/promises";
import { until } from "../torture/until.ts";
import { EVENTS, type ClusterEvent, type Scene } from "./events.ts";

export interface RoundsOptions {
  readonly rounds: number;
  readonly events: readonly ClusterEvent[];
  readonly say: (line: string) => void;
  /** An event begins within this time after the load: 2,000 ms by default. */
  readonly latestStrikeMs?: number;
}

/** The measurements for each kind of event, by name: the longest times without a 200, in milliseconds. */
export type Waits = ReadonlyMap<string, readonly number[]>;

const STORED_BEFORE = 100;
const STORED_AFTER = 200;
const LATEST_STRIKE_MS = 2_000;
/** How many problems of a round are shown at once; the others are shown at the end. */
const SHOWN_AT_ONCE = 5;

/** The events that can be caused here; reports the others. */
export function possibleEvents(scene: Scene, say: (line: string) => void, only: readonly string[] = []): readonly ClusterEvent[] {
  const wanted = EVENTS.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
  return wanted.filter((event) => {
    const obstacle = event.obstacle?.(scene);
    if (obstacle !== undefined) say(`${event.name}: NOT TRIED, ${obstacle}`);
    return obstacle === undefined;
  });
}

/** Causes one event after another under load, each kind equally often, and checks everything after each. */
export async function clusterRounds(scene: Scene, { rounds, events, say, latestStrikeMs = LATEST_STRIKE_MS }: RoundsOptions): Promise<Waits> {
  const { campaign, cluster, random } = scene;
  const waits = new Map<string, number[]>();
  let left: ClusterEvent[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    if (left.length === 0) left = [...events];
    const [event] = left.splice(Math.floor(random() * left.length), 1);
    if (event === undefined) break;
    const where = `round ${round}, ${event.name}`;
    const known = campaign.problems.length;
    await cluster.healthy(where);
    await campaign.begin(where);
    await campaign.stored(where, STORED_BEFORE);
    await setTimeout(random() * latestStrikeMs);
    const startedAt = performance.now();
    campaign.ledger.begin();
    await event.strike(scene, where);
    await campaign.stored(where, STORED_AFTER);
    await cluster.healthy(where);
    await until(() => isReady(scene), `${where}: every receiver must be ready`);
    const waitMs = campaign.ledger.longestWaitMs();
    const tookMs = performance.now() - startedAt;
    waits.set(event.name, [...(waits.get(event.name) ?? []), waitMs]);
    await campaign.rest(where);
    for (const { what } of campaign.problems.slice(known, known + SHOWN_AT_ONCE)) say(`${where}: ${what}`);
    say(
      `${where}: ${seconds(waitMs)} s without a 200 of ${seconds(tookMs)} s; ${campaign.rows()} rows checked, ` +
        `${campaign.problems.length} problems so far`,
    );
  }
  return waits;
}

async function isReady({ receivers }: Scene): Promise<boolean> {
  const statuses = await Promise.all(receivers.map(({ url }) => fetch(`${url}/health/ready`).then(({ status }) => status, () => 0)));
  return statuses.every((status) => status === 200);
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
