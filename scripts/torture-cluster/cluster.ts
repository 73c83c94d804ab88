import { connect } from "../../src/postgres/connect.ts";
import { parseConnectionUrl } from "../../src/postgres/url.ts";
import { until } from "../torture/until.ts";
import { POSTGRES_PORT, type ClusterNode } from "./node.ts";

/** As Patroni reports it (https://patroni.readthedocs.io/en/latest/rest_api.html). */
interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

/** Three nodes that elect a leader. */
export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** The URL of the database for receivers and checks; it names all nodes. */
  readonly databaseUrl: string;
  /** Waits until there is a leader with a synchronous standby, and all others follow it. */
  healthy(where: string): Promise<void>;
  leader(): Promise<ClusterNode>;
  standbys(): Promise<readonly ClusterNode[]>;
  /** The standby for which commits wait. */
  synchronousStandby(): Promise<ClusterNode>;
  /** Makes the synchronous standby the new leader. */
  switchOver(): Promise<void>;
}

const DATABASE = "inbox";
const ASK_MS = 2_000;
/** A node that was killed may need a new copy of its data. */
const HEALTHY_MS = 180_000;

export function createCluster(nodes: readonly ClusterNode[]): Cluster {
  const hosts = nodes.map(({ host }) => `${host}:${POSTGRES_PORT}`).join();

  /** The members according to the first node that responds; empty if none does. */
  async function members(): Promise<readonly Member[]> {
    for (const { url } of nodes) {
      const seen = await ask(url);
      if (seen.length > 0) return seen;
    }
    return [];
  }

  async function ask(url: string): Promise<readonly Member[]> {
    try {
      const response = await fetch(`${url}/cluster`, { signal: AbortSignal.timeout(ASK_MS) });
      const { members: all }: { readonly members?: readonly Member[] } = JSON.parse(await response.text());
      return all ?? [];
    } catch {
      return [];
    }
  }

  async function withRole(isWanted: (role: string) => boolean): Promise<readonly ClusterNode[]> {
    const named = new Set((await members()).filter(({ role }) => isWanted(role)).map(({ name }) => name));
    return nodes.filter(({ name }) => named.has(name));
  }

  async function only(role: string): Promise<ClusterNode> {
    const [found] = await withRole((other) => other === role);
    if (found === undefined) throw new Error(`Cannot continue: the cluster must have a ${role}`);
    return found;
  }
  const leader = (): Promise<ClusterNode> => only("leader");
  const synchronousStandby = (): Promise<ClusterNode> => only("sync_standby");

  return {
    nodes,
    databaseUrl: `postgres://postgres@${hosts}/${DATABASE}`,
    leader,
    synchronousStandby,
    standbys: () => withRole((role) => role !== "leader"),
    async healthy(where) {
      const isHealthy = async (): Promise<boolean> => {
        const all = await members();
        const roles = all.map(({ role }) => role);
        const runs = all.every(({ role, state }) => state === (role === "leader" ? "running" : "streaming"));
        return all.length === nodes.length && runs && roles.includes("leader") && roles.includes("sync_standby");
      };
      await until(isHealthy, `${where}: the cluster must be healthy`, { limitMs: HEALTHY_MS, everyMs: 250 });
    },
    async switchOver() {
      const [from, to] = await Promise.all([leader(), synchronousStandby()]);
      const body = JSON.stringify({ leader: from.name, candidate: to.name });
      const response = await fetch(`${from.url}/switchover`, { method: "POST", body });
      const text = await response.text();
      if (!response.ok) throw new Error(`Cannot continue: Patroni must accept a switchover, not respond ${response.status}: ${text}`);
    },
  };
}

/** Creates the database of the receivers. */
export async function createDatabase({ databaseUrl }: Cluster): Promise<void> {
  const parsed = parseConnectionUrl(databaseUrl);
  if (!parsed.ok) throw new Error(`Cannot make the database: ${parsed.error}`);
  const admin = await connect({ ...parsed.value, database: "postgres" });
  await admin.run([{ sql: `CREATE DATABASE ${DATABASE}` }], { deadlineMs: 30_000 });
  await admin.close();
}
