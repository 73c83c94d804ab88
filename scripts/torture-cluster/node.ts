import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NOBODY, own, PG_BIN } from "../../test/support/postgres-data.ts";
import { signalServer } from "../../test/support/postgres.ts";
import { mountSmallDisk, type SmallDisk } from "../torture/small-disk.ts";
import { startDaemon, type Daemon } from "./daemon.ts";
import type { Place } from "./network.ts";

export const POSTGRES_PORT = 54_329;
const REST_PORT = 18_008;
const ETCD_PORT = 23_790;
const ETCD_PEER_PORT = 23_800;
const DISK_MIB = 512;
/** etcd's defaults are for a less busy machine. */
const ETCD_PACE = ["--heartbeat-interval", "300", "--election-timeout", "3000"] as const;

export interface NodeOptions {
  readonly name: string;
  readonly place: Place;
  /** The addresses of all nodes, by name. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly folder: string;
  /** The program. */
  readonly patroni: string;
  /** The settings that all nodes share, in YAML. */
  readonly dcs: string;
}

/** A machine of the cluster: etcd, and Patroni with its PostgreSQL. */
export interface ClusterNode {
  readonly name: string;
  readonly host: string;
  readonly cable: Place["cable"];
  /** The disk with its data; undefined, with the reason, if none could be mounted. */
  readonly disk: SmallDisk | string;
  /** The port of Patroni's REST API. */
  readonly url: string;
  startEtcd(): void;
  startPatroni(): void;
  /** SIGKILL to Patroni and all processes of PostgreSQL. */
  kill(): Promise<void>;
  /** Sends a signal to all processes of PostgreSQL, if any run. */
  signalPostgres(name: NodeJS.Signals): void;
  /** Sends a signal to Patroni and all processes of PostgreSQL. */
  signal(name: NodeJS.Signals): void;
  /** Ends everything, and unmounts its disk. */
  end(): Promise<void>;
}

export function createNode({ name, place, hosts, folder: parent, patroni, dcs }: NodeOptions): ClusterNode {
  const { host, under, cable } = place;
  const folder = join(parent, name);
  mkdirSync(folder);
  own(folder);
  const diskFolder = join(folder, "disk");
  const disk = mountSmallDisk(diskFolder, DISK_MIB);
  own(diskFolder);
  const data = join(diskFolder, "data");
  const asNobody = [...under, "setpriv", "--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups", "--"];
  let manager: Daemon | undefined;
  let etcd: Daemon | undefined;

  function configure(): string {
    const file = join(folder, "patroni.yml");
    writeFileSync(file, patroniConfig({ name, host, hosts, folder, data, dcs }));
    return file;
  }

  function signalPostgres(signal: NodeJS.Signals): void {
    try {
      signalServer(data, signal);
    } catch {
      // PostgreSQL does not run, or some of its processes have just ended.
    }
  }
  process.once("exit", () => signalPostgres("SIGKILL"));

  async function kill(): Promise<void> {
    await manager?.kill();
    signalPostgres("SIGKILL");
  }

  return {
    name, host, cable, disk, signalPostgres,
    url: `http://${host}:${REST_PORT}`,
    startEtcd() {
      const client = `http://${host}:${ETCD_PORT}`;
      const peer = `http://${host}:${ETCD_PEER_PORT}`;
      const all = Object.entries(hosts).map(([other, address]) => `${other}=http://${address}:${ETCD_PEER_PORT}`).join();
      etcd = startDaemon([
        ...asNobody, "etcd", "--name", name, "--data-dir", join(folder, "etcd"),
        "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", all, ...ETCD_PACE,
      ], join(folder, "etcd.log"));
    },
    startPatroni() {
      manager = startDaemon([...asNobody, patroni, configure()], join(folder, "patroni.log"));
    },
    kill,
    signal(signal) {
      manager?.signal(signal);
      signalPostgres(signal);
    },
    async end() {
      await Promise.all([kill(), etcd?.kill()]);
      if (typeof disk !== "string") disk.unmount();
    },
  };
}

interface PatroniConfig extends Pick<NodeOptions, "name" | "hosts" | "folder" | "dcs"> {
  readonly host: string;
  readonly data: string;
}

/** YAML, most of it as JSON. */
function patroniConfig({ name, host, hosts, folder, data, dcs }: PatroniConfig): string {
  const rest = `${host}:${REST_PORT}`;
  const settings = {
    scope: "inbox",
    name,
    restapi: { listen: rest, connect_address: rest },
    etcd3: { hosts: Object.values(hosts).map((address) => `${address}:${ETCD_PORT}`) },
    postgresql: {
      listen: `${host}:${POSTGRES_PORT}`,
      connect_address: `${host}:${POSTGRES_PORT}`,
      data_dir: data,
      bin_dir: PG_BIN,
      pgpass: join(folder, "pgpass"),
      authentication: {
        superuser: { username: "postgres", password: "unused" },
        replication: { username: "replicator", password: "unused" },
        rewind: { username: "rewinder", password: "unused" },
      },
      pg_hba: ["local all all trust", "host all all 0.0.0.0/0 trust", "host replication all 0.0.0.0/0 trust"],
      parameters: { unix_socket_directories: folder, max_wal_size: "96MB", shared_buffers: "64MB" },
    },
  };
  const bootstrap = `bootstrap:\n  initdb: [{encoding: UTF8}, {locale: C.UTF-8}]\n  dcs:\n${dcs.replaceAll(/^(?=.)/gm, "    ")}`;
  return `${bootstrap}\n${Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join("\n")}\n`;
}
