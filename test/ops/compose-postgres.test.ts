import assert from "node:assert/strict";
import { test } from "node:test";
import { READY } from "../../src/api/health.ts";
import { SETTINGS } from "../../src/settings.ts";
import { readRepositoryFile } from "./files.ts";

const COMPOSE = readRepositoryFile("ops/compose/postgres.yml");
const HAPROXY = readRepositoryFile("ops/compose/haproxy.cfg");
const ENV_EXAMPLE = readRepositoryFile(".env.example");
const [, PORT = ""] = /^EXPOSE (\d+)$/m.exec(readRepositoryFile("Dockerfile")) ?? [];
const [, RECEIVER = ""] = /^ {2}api-1: &api\n((?: {4}.*\n)+)/m.exec(COMPOSE) ?? [];

/** In milliseconds. */
function timeout(name: string): number {
  const [, seconds] = new RegExp(`^ {2}timeout ${name} (\\d+)s$`, "m").exec(HAPROXY) ?? [];
  return Number(seconds) * 1000;
}

/** In milliseconds. */
function constant(path: string, name: string): number {
  const [, value = ""] = new RegExp(`^const ${name} = ([\\d_]+);$`, "m").exec(readRepositoryFile(path)) ?? [];
  return Number(value.replaceAll("_", ""));
}

test("HAProxy has a server for each receiver of the Compose file, at the port of the image", () => {
  const receivers = Array.from(COMPOSE.matchAll(/^ {2}(api-\d+):/gm), ([, name = ""]) => name);
  assert.equal(receivers.length, 3);
  assert.deepEqual(
    Array.from(HAPROXY.matchAll(/^ {2}server (\S+) (\S+)$/gm), ([, name, address]) => [name, address]),
    receivers.map((name) => [name, `${name}:${PORT}`]),
  );
  assert.match(COMPOSE, new RegExp(`^ {2}haproxy:\n(?: {4}.*\n)*? {6}- "\\$\\{PUBLISH_ADDRESS:-127\\.0\\.0\\.1\\}:\\$\\{PORT:-${PORT}\\}:${PORT}"$`, "m"));
  assert.match(HAPROXY, new RegExp(`^ {2}bind :${PORT}$`, "m"));
});

test("the receivers get only valid settings, and trust only HAProxy for the client address", () => {
  const pairs = Array.from(RECEIVER.matchAll(/^ {6}([A-Z_]+): (.*)$/gm), ([, name, value]) => [name, value] as const);
  assert.deepEqual(pairs.map(([name]) => name), ["secret", "database", "apiToken", "trustedProxies", "port"].map((key) => Object.entries(SETTINGS).find(([other]) => other === key)?.[1].name));
  assert.ok(pairs.some(([name, value]) => name === SETTINGS.trustedProxies.name && value === '"1"'));
  assert.match(HAPROXY, /^ {2}option forwardfor$/m);
});

test("HAProxy checks the readiness of each receiver, and waits longer than the receiver waits for its database", () => {
  assert.match(HAPROXY, new RegExp(`^ {2}http-check send meth GET uri ${READY.path} `, "m"));
  assert.match(HAPROXY, /^ {2}http-check expect status 200$/m);
  assert.ok(timeout("check") > constant("src/storage/shared/check-once.ts", "CHECK_DEADLINE_MS"));
});

test("HAProxy streams a tail, and cuts off neither an idle tail nor a delivery that waits for a new primary", () => {
  assert.match(HAPROXY, /^ {2}option http-no-delay$/m);
  for (const side of ["client", "server"]) {
    assert.ok(timeout(side) > 2 * constant("src/http/handlers/tail.ts", "BEAT_MS"));
    assert.ok(timeout(side) > constant("src/storage/postgres/engine.ts", "BUDGET_MS"));
  }
});

test("the grace period before SIGKILL is longer than a receiver needs to stop", () => {
  const [, seconds] = /^ {4}stop_grace_period: (\d+)s$/m.exec(RECEIVER) ?? [];
  assert.ok(Number(seconds) * 1000 > Number(SETTINGS.shutdownTimeoutMs.default));
});

test("other images have exact versions, and Compose 1.29 can read the file: no top-level name, no version", () => {
  for (const image of ["haproxy", "postgres"]) assert.match(COMPOSE, new RegExp(`^ {4}image: ${image}:\\d+\\.\\d+(?:\\.\\d+)?$`, "m"));
  assert.deepEqual(Array.from(COMPOSE.matchAll(/^([a-z]+):/gm), ([, key]) => key), ["services", "volumes"]);
});

test(".env.example documents each variable of the file", () => {
  for (const [, name = ""] of COMPOSE.matchAll(/\$\{(\w+)/g)) assert.match(ENV_EXAMPLE, new RegExp(`^#?${name}=`, "m"));
});

test("HAProxy never repeats a request that a receiver has got, and its 503 is like that of a receiver", () => {
  // A receiver that closes without a response does not know whether the message is stored; a 503 of another one would say that it is not.
  assert.match(HAPROXY, /^ {2}retry-on conn-failure$/m);
  const [, body = ""] = /^ {2}http-error status 503 content-type application\/json string "(.*)" hdr Retry-After 1$/m.exec(HAPROXY) ?? [];
  assert.deepEqual(Object.keys(JSON.parse(body.replaceAll('\\"', '"'))), ["detail"]);
});
