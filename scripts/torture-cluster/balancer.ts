import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startDaemon, type Daemon } from "./daemon.ts";

const SHIPPED = fileURLToPath(new URL("../../ops/compose/haproxy.cfg", import.meta.url));

/** HAProxy in front of the receivers. */
export interface Balancer {
  readonly url: string;
  start(): void;
  kill(): Promise<void>;
}

export interface BalancerOptions {
  readonly port: number;
  /** The ports of the receivers on this machine. */
  readonly receiverPorts: readonly number[];
  /** The paths of its configuration, which is written, and of its log. */
  readonly configFile: string;
  readonly logFile: string;
}

export function createBalancer({ port, receiverPorts, configFile, logFile }: BalancerOptions): Balancer {
  writeFileSync(configFile, balancerConfig(readFileSync(SHIPPED, "utf8"), port, receiverPorts));
  let running: Daemon | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    start() {
      running = startDaemon(["haproxy", "-db", "-f", configFile], logFile);
    },
    kill: async () => running?.kill(),
  };
}

/** The configuration that is shipped for Compose, with addresses of this machine instead of names. */
export function balancerConfig(shipped: string, port: number, receiverPorts: readonly number[]): string {
  let servers = 0;
  const config = shipped
    .replace(/^resolvers docker\n(?: .*\n)+/m, "")
    .replace(" resolvers docker init-addr libc,none", "")
    .replace(/^ {2}bind :\d+$/m, `  bind 127.0.0.1:${port}`)
    .replaceAll(/^( {2}server \S+) \S+:\d+$/gm, (_, server: string) => `${server} 127.0.0.1:${receiverPorts[servers++]}`);
  if (servers !== receiverPorts.length || !config.includes(`bind 127.0.0.1:${port}`) || /docker|libc/.test(config)) {
    throw new Error(`Cannot use ${SHIPPED}: it must have ${receiverPorts.length} servers, a port and resolvers where they are expected`);
  }
  return config;
}
