import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { balancerConfig } from "../../scripts/torture-cluster/balancer.ts";
import { documentedSettings } from "../../scripts/torture-cluster/documented-settings.ts";
import { EVENTS, type ClusterEvent, type Scene } from "../../scripts/torture-cluster/events.ts";
import { clusterRounds, possibleEvents } from "../../scripts/torture-cluster/rounds.ts";
import { timeAnswers } from "../../scripts/torture-cluster/waits.ts";
import { createLedger } from "../../scripts/torture/ledger.ts";

const nothing = async (): Promise<void> => {};

/** A scene made of stubs. */
function sceneOf(seed: number): Scene {
  const disk = "mount: permission denied";
  const node = { name: "one", host: "h", url: "u", cable: undefined, disk, startEtcd() {}, startPatroni() {}, kill: nothing, signal() {}, signalPostgres() {}, end: nothing };
  const one = async (): Promise<typeof node> => node;
  const campaign = { ledger: timeAnswers(createLedger()), problems: [], report() {}, begin: nothing, stored: nothing, rest: nothing, rows: () => 0, stop: nothing };
  return {
    cluster: { nodes: [node], databaseUrl: "", healthy: nothing, leader: one, standbys: async () => [node], synchronousStandby: one, switchOver: nothing },
    receivers: [], balancer: { url: "", start() {}, kill: nothing }, campaign, random: seededRandom(seed),
  };
}

async function orderOf(seed: number): Promise<string> {
  const struck: string[] = [];
  const events = ["a", "b", "c"].map((name): ClusterEvent => ({ name, strike: async () => void struck.push(name) }));
  const waits = await clusterRounds(sceneOf(seed), { rounds: 6, events, say() {}, latestStrikeMs: 0 });
  assert.deepEqual([...waits].map(([name, all]) => [name, all.length]).toSorted(), [["a", 2], ["b", 2], ["c", 2]]);
  return struck.join("");
}

test("each event strikes once before any strikes again, in an order that the seed decides", async () => {
  const order = await orderOf(3);
  assert.equal(await orderOf(3), order);
  const others = await Promise.all([4, 5, 6, 7].map(orderOf));
  assert.ok(others.some((other) => other !== order), others.join());
});

test("an event that cannot be tried here is reported, with the reason", () => {
  const lines: string[] = [];
  const possible = possibleEvents(sceneOf(1), (line) => lines.push(line));
  assert.deepEqual(EVENTS.filter((event) => !possible.includes(event)).map(({ name }) => name).toSorted(), lines.map((line) => line.replace(/: NOT TRIED, .*/, "")).toSorted());
  assert.deepEqual(lines, [
    "leader cut off for 35 s: NOT TRIED, network namespaces cannot be created here",
    "synchronous standby cut off for 35 s: NOT TRIED, network namespaces cannot be created here",
    "disk of the leader full for 20 s: NOT TRIED, mount: permission denied",
  ]);
  assert.deepEqual(possibleEvents(sceneOf(1), () => {}, ["switch"]).map(({ name }) => name), ["switchover"]);
});

test("the cluster has the settings that operators are told to use, and the shipped HAProxy configuration", () => {
  const settings = documentedSettings();
  for (const setting of ["synchronous_mode", "synchronous_mode_strict"]) assert.match(settings, new RegExp(`^${setting}: true\\b`, "m"));
  const shipped = readFileSync(new URL("../../ops/compose/haproxy.cfg", import.meta.url), "utf8");
  const config = balancerConfig(shipped, 1000, [1001, 1002, 1003]);
  assert.deepEqual([...config.matchAll(/^ {2}(?:bind|server \S+) (.*)$/gm)].map(([, address]) => address), [1000, 1001, 1002, 1003].map((port) => `127.0.0.1:${port}`));
  assert.throws(() => balancerConfig(shipped, 1000, [1001]), /3 servers|1 servers/);
});
