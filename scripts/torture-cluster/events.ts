import { setTimeout } from "node:timers/promises";
import { pick, type Random } from "../torture/messages.ts";
import type { Balancer } from "./balancer.ts";
import type { Campaign } from "./campaign.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterNode } from "./node.ts";
import type { Receiver } from "./receiver.ts";

/** The targets of an event. */
export interface Scene {
  readonly cluster: Cluster;
  readonly receivers: readonly Receiver[];
  readonly balancer: Balancer;
  readonly campaign: Campaign;
  readonly random: Random;
}

export interface ClusterEvent {
  readonly name: string;
  /** The longest acceptable time without a 200, in milliseconds. */
  readonly aimMs?: number;
  /** Causes the event, then undoes it. */
  strike(scene: Scene, where: string): Promise<void>;
  /** Why the event cannot be caused here. */
  obstacle?(scene: Scene): string | undefined;
}

/** Longer than the lease of a leader (`ttl`). */
const BEYOND_LEASE_MS = 35_000;
const STANDBYS_GONE_MS = 10_000;
/** After this time a standby that has gone confirms nothing more. */
const SETTLED_MS = 1_000;
const DISK_FULL_MS = 20_000;
const BALANCER_GONE_MS = 500;
const FOLLOWED_BY = 50;

/** Waits until messages are stored again while the killed node is still down. */
async function goesOn({ campaign }: Scene, where: string): Promise<void> {
  await campaign.stored(where, FOLLOWED_BY);
}

async function killNode(scene: Scene, where: string, node: ClusterNode): Promise<void> {
  await node.kill();
  await goesOn(scene, where);
  node.startPatroni();
}

async function cutOff(node: ClusterNode): Promise<void> {
  node.cable?.cut();
  await setTimeout(BEYOND_LEASE_MS);
  node.cable?.repair();
}

const cableObstacle = ({ cluster }: Scene): string | undefined =>
  cluster.nodes.some(({ cable }) => cable === undefined) ? "network namespaces cannot be created here" : undefined;

export const EVENTS: readonly ClusterEvent[] = [
  {
    name: "leader killed, its Patroni too",
    aimMs: 25_000,
    strike: async (scene, where) => killNode(scene, where, await scene.cluster.leader()),
  },
  {
    name: "leader killed, Patroni stays",
    aimMs: 25_000,
    async strike({ cluster }) {
      (await cluster.leader()).signalPostgres("SIGKILL");
    },
  },
  {
    name: "synchronous standby killed",
    strike: async (scene, where) => killNode(scene, where, await scene.cluster.synchronousStandby()),
  },
  {
    name: "receiver killed",
    aimMs: 1_000,
    async strike(scene, where) {
      const receiver = pick(scene.random, scene.receivers);
      await receiver?.kill();
      await goesOn(scene, where);
      await receiver?.start();
    },
  },
  {
    name: "HAProxy killed",
    async strike({ balancer }) {
      await balancer.kill();
      await setTimeout(BALANCER_GONE_MS);
      balancer.start();
    },
  },
  {
    name: "leader frozen for 35 s",
    async strike({ cluster }) {
      const node = await cluster.leader();
      node.signal("SIGSTOP");
      await setTimeout(BEYOND_LEASE_MS);
      node.signal("SIGCONT");
    },
  },
  {
    name: "switchover",
    aimMs: 5_000,
    strike: ({ cluster }) => cluster.switchOver(),
  },
  {
    name: "leader cut off for 35 s",
    strike: async ({ cluster }) => cutOff(await cluster.leader()),
    obstacle: cableObstacle,
  },
  {
    name: "synchronous standby cut off for 35 s",
    strike: async ({ cluster }) => cutOff(await cluster.synchronousStandby()),
    obstacle: cableObstacle,
  },
  {
    name: "no standby for 10 s",
    async strike({ cluster, campaign }, where) {
      const standbys = await cluster.standbys();
      await Promise.all(standbys.map((node) => node.kill()));
      await setTimeout(SETTLED_MS);
      const storedBefore = campaign.ledger.count("stored");
      await setTimeout(STANDBYS_GONE_MS);
      const stored = campaign.ledger.count("stored") - storedBefore;
      if (stored > 0) campaign.report(where, `${stored} messages got 200 while they were on one machine`);
      for (const node of standbys) node.startPatroni();
    },
  },
  {
    name: "disk of the leader full for 20 s",
    async strike({ cluster }) {
      const { disk } = await cluster.leader();
      if (typeof disk === "string") return;
      disk.fill(0);
      await setTimeout(DISK_FULL_MS);
      disk.free();
    },
    obstacle: ({ cluster }) => cluster.nodes.map(({ disk }) => disk).find((disk) => typeof disk === "string"),
  },
];
