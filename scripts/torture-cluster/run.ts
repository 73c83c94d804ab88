import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort } from "../../test/support/postgres.ts";
import { own } from "../../test/support/postgres-data.ts";
import { seededRandom } from "../bench/messages.ts";
import { numberFrom } from "../torture/number-from.ts";
import { createBalancer } from "./balancer.ts";
import { startCampaign, type Campaign } from "./campaign.ts";
import { createCluster, createDatabase } from "./cluster.ts";
import { documentedSettings } from "./documented-settings.ts";
import { EVENTS } from "./events.ts";
import { bridgedPlaces, loopbackPlaces } from "./network.ts";
import { createNode } from "./node.ts";
import { createReceiver } from "./receiver.ts";
import { clusterRounds, possibleEvents, seconds, type Waits } from "./rounds.ts";

const NODES = ["one", "two", "three"] as const;
const RECEIVERS = [1, 2, 3] as const;
const CONNECTIONS = 16;
const PAUSE_MS = 150;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const rounds = numberFrom("ROUNDS", EVENTS.length);
const seed = numberFrom("SEED", Date.now() % 1_000_000_000);
const { values } = parseArgs({
  options: {
    patroni: { type: "string", default: "patroni" },
    /** Whether this process is in namespaces of its own. */
    isolated: { type: "boolean", default: false },
    /** The events to cause, by parts of their names, separated by commas; all by default. */
    only: { type: "string", default: "" },
    main: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});
if (!existsSync(values.main)) throw new Error(`Cannot run: ${values.main} must exist; run make torture-cluster`);
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-cluster-"));
own(folder);
process.on("exit", (status) => {
  if (status !== 0) process.stderr.write(`The logs are kept in ${folder}\n`);
});
// There is one exit listener for each program that must not outlive this process.
process.setMaxListeners(0);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const random = seededRandom(seed);
const early: string[] = [];

async function startAll(): Promise<{ readonly campaign: Campaign; readonly run: () => Promise<Waits> }> {
  const places = values.isolated ? await bridgedPlaces(NODES.length) : loopbackPlaces(NODES.length);
  const hosts = Object.fromEntries(NODES.map((name, index) => [name, places[index]?.host ?? ""]));
  const dcs = documentedSettings();
  const nodes = places.map((place, index) => createNode({ name: NODES[index] ?? "", place, hosts, folder, patroni: values.patroni, dcs }));
  for (const node of nodes) node.startEtcd();
  for (const node of nodes) node.startPatroni();
  const cluster = createCluster(nodes);
  await cluster.healthy("the start");
  await createDatabase(cluster);

  const { databaseUrl } = cluster;
  const ports = await Promise.all([0, ...RECEIVERS].map(freePort));
  const [port = 0, ...receiverPorts] = ports;
  const receivers = receiverPorts.map((receiverPort, index) => createReceiver({
    main: values.main, port: receiverPort, databaseUrl, env: {},
    logFile: join(folder, `receiver-${index + 1}.log`),
    onEnded: (what) => early.push(what),
  }));
  await Promise.all(receivers.map((receiver) => receiver.start()));
  const balancer = createBalancer({
    port, receiverPorts, configFile: join(folder, "haproxy.cfg"), logFile: join(folder, "haproxy.log"),
  });
  balancer.start();
  const campaign = startCampaign({ databaseUrl, entries: [balancer.url], receivers, connections: CONNECTIONS, pauseMs: PAUSE_MS, random });
  const scene = { cluster, receivers, balancer, campaign, random };
  const only = values.only.split(",").filter((part) => part !== "");
  return {
    campaign,
    async run() {
      const waits = await clusterRounds(scene, { rounds, events: possibleEvents(scene, say, only), say });
      for (const receiver of receivers) await receiver.stop();
      await campaign.stop();
      await Promise.all([balancer.kill(), ...nodes.map((node) => node.end())]);
      return waits;
    },
  };
}

function sayTable(waits: Waits): void {
  say("| event | times | longest time without a 200, in s | goal |\n|---|---|---|---|");
  for (const { name, aimMs } of EVENTS) {
    const all = waits.get(name) ?? [];
    if (all.length > 0) say(`| ${name} | ${all.length} | ${seconds(Math.max(...all))} | ${aimMs === undefined ? "–" : aimMs / 1000} |`);
  }
}

say(`SEED=${seed} ROUNDS=${rounds}`);
const startedAt = performance.now();
const problems: string[] = [];
const { campaign, run } = await startAll();
try {
  sayTable(await run());
} catch (error) {
  problems.push(`the run itself: ${error instanceof Error ? error.message : String(error)}`);
}
problems.push(...campaign.problems.map(({ where, what }) => `${where}: ${what}`), ...early);
for (const problem of problems.slice(0, 50)) say(problem);
const { ledger } = campaign;
say(
  `${ledger.attempts.size} messages: ${ledger.count("stored")} got 200, ${ledger.count("refused")} got 503, ` +
    `${ledger.count("in_doubt")} got no response; ${campaign.rows()} rows; ${problems.length} problems; ` +
    `${Math.round((performance.now() - startedAt) / 1000)} s; SEED=${seed}`,
);
// After a failure the files are kept, so that they can be inspected.
if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);
