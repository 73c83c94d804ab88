import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { whyUnhealthy } from "../src/healthcheck.ts";
import { run, type CommandResult } from "./scripts/command.ts";
import { startTestApp } from "./support/app.ts";
import { atEnd } from "./support/cleanup.ts";
import { COMPILE_CACHE } from "./support/compile-cache.ts";
import { oneOfMany } from "./support/sweep.ts";

const SCRIPT = fileURLToPath(new URL("../src/healthcheck.ts", import.meta.url));

function healthcheck(env: Readonly<Record<string, string>>): Promise<CommandResult> {
  return run([process.execPath, SCRIPT], { env: { ...COMPILE_CACHE, ...env } });
}

async function listen(t: TestContext, listener: RequestListener, host = "127.0.0.1"): Promise<string> {
  const server = createServer(listener).listen(0, host);
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return portOf(server);
}

async function portOf(server: Server): Promise<string> {
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return String(address.port);
}

test("a ready service is healthy: exit status 0 and no output", async (t) => {
  const { url } = await startTestApp(t);
  assert.deepEqual(await healthcheck({ PORT: new URL(url).port }), { status: 0, stdout: "", stderr: "" });
});

test("a service that is not ready is unhealthy: exit status 1 and the reasons on one line", async (t) => {
  const port = await listen(t, (_, response) => {
    response.writeHead(503).end('{"status":"unavailable",\n"reasons":["the disk is full"]}');
  });
  const { status, stdout, stderr } = await healthcheck({ PORT: port });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^http:\/\/127\.0\.0\.1:\d+\/health\/ready: 503 .*the disk is full.*\n$/);
});

test("if nothing listens, the service is unhealthy, reported on one line", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const port = await portOf(server);
  server.close();
  await once(server, "close");
  const { status, stderr } = await healthcheck({ PORT: port });
  assert.equal(status, 1);
  assert.match(stderr, /^.*ECONNREFUSED.*\n$/);
});

for (const [index, env] of [{}, { PORT: "" }, { PORT: "\r", HOST: " " }, { PORT: "08000" }].entries()) {
  test(`with ${JSON.stringify(env)} the request goes to port 8000`, { skip: oneOfMany(index, { every: 4 }) }, async () => {
    const { status, stderr } = await healthcheck(env);
    // Another program may listen there on this machine.
    assert.ok(status === 0 || stderr.startsWith("http://127.0.0.1:8000/health/ready: "));
  });
}

for (const [index, port] of ["0", "65536", "-1", "80a", "8000 ", "http://example.org"].entries()) {
  test(`PORT=${JSON.stringify(port)} is refused without a request`, { skip: oneOfMany(index, { every: 3 }) }, async () => {
    const { status, stderr } = await healthcheck({ PORT: port });
    assert.equal(status, 1);
    assert.match(stderr, /^Cannot check the service: PORT must be .*\n$/);
  });
}

/** The value of `HOST`, and the address at which the request arrives. */
const HOSTS: readonly (readonly [host: string, address: string])[] = [
  ["", "127.0.0.1"],
  ["127.0.0.1", "127.0.0.1"],
  ["127.0.0.2", "127.0.0.2"],
  ["0.0.0.0", "127.0.0.1"],
  ["0", "127.0.0.1"],
  ["::", "::1"],
  ["0:0:0:0:0:0:0:0", "::1"],
  ["::1", "::1"],
];

for (const [index, [host, address]] of HOSTS.entries()) {
  test(`with HOST=${host} the request goes to ${address}`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const addresses: (string | undefined)[] = [];
    const port = await listen(t, (request, response) => {
      addresses.push(request.socket.localAddress);
      response.end();
    }, host || "127.0.0.1");
    assert.deepEqual(await healthcheck({ HOST: host, PORT: port }), { status: 0, stdout: "", stderr: "" });
    // A server on :: also accepts IPv4, and reports those addresses in IPv6 form.
    assert.deepEqual(addresses.map((one) => one?.replace("::ffff:", "")), [address]);
  });
}

test("the reason names an IPv6 address in brackets", async () => {
  assert.match((await whyUnhealthy({ host: "::", port: "1" }, { timeoutMs: 5_000 })) ?? "", /^http:\/\/\[::1\]:1\/health\/ready: /);
});

test("a service that accepts the connection and sends nothing is unhealthy", async (t) => {
  const port = await listen(t, () => {});
  assert.match((await whyUnhealthy({ host: "127.0.0.1", port }, { timeoutMs: 20 })) ?? "", /no response within 20 ms$/);
});

test("a service that sends half a response is unhealthy", async (t) => {
  const port = await listen(t, (_, response) => {
    response.writeHead(200).write("{");
  });
  assert.match((await whyUnhealthy({ host: "127.0.0.1", port }, { timeoutMs: 50 })) ?? "", /no response within 50 ms$/);
});

test("a redirect is not followed", async (t) => {
  const port = await listen(t, (_, response) => {
    response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end();
  });
  assert.match((await whyUnhealthy({ host: "127.0.0.1", port }, { timeoutMs: 5_000 })) ?? "", /: 302 /);
});
