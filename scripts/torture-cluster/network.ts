import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** A node in the network. */
export interface Place {
  readonly host: string;
  /** The command that runs a program on the node. */
  readonly under: readonly string[];
  /** Takes the node off the network, and puts it back; undefined if all nodes share one network. */
  readonly cable: { cut(): void; repair(): void } | undefined;
}

/** The bridge has its first address, the nodes have those from 11 on. */
const SUBNET = "10.99.0";
const BRIDGE = "cluster";

function ip(...args: readonly string[]): void {
  execFileSync("ip", args);
}

/** Nodes on the loopback interface; none of them can be cut off. */
export function loopbackPlaces(count: number): readonly Place[] {
  return Array.from({ length: count }, (_, index) => ({ host: `127.0.0.${11 + index}`, under: [], cable: undefined }));
}

/** Nodes with a network namespace each. This process must be in its own network namespace, with which all of them disappear. */
export async function bridgedPlaces(count: number): Promise<readonly Place[]> {
  ip("link", "set", "lo", "up");
  ip("link", "add", BRIDGE, "type", "bridge");
  ip("address", "add", `${SUBNET}.1/24`, "dev", BRIDGE);
  ip("link", "set", BRIDGE, "up");
  return Promise.all(Array.from({ length: count }, (_, index) => createPlace(index)));
}

async function createPlace(index: number): Promise<Place> {
  const holder = spawn("unshare", ["--net", "sh", "-c", "echo there; exec sleep infinity"], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  const under = ["nsenter", `--net=/proc/${holder.pid}/ns/net`];
  const inside = (...args: readonly string[]): void => void execFileSync("nsenter", [...under.slice(1), "ip", ...args]);
  const host = `${SUBNET}.${11 + index}`;
  const cable = `cable${index}`;
  ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", String(holder.pid));
  ip("link", "set", cable, "master", BRIDGE, "up");
  inside("link", "set", "lo", "up");
  inside("address", "add", `${host}/24`, "dev", "eth0");
  inside("link", "set", "eth0", "up");
  return { host, under, cable: { cut: () => ip("link", "set", cable, "down"), repair: () => ip("link", "set", cable, "up") } };
}
