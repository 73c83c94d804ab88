import assert from "node:assert/strict";
import { test } from "node:test";
import { send } from "../support/app.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";
import { openStream } from "../support/stream.ts";
import { streaming, waiting } from "../support/streaming.ts";
import { until } from "../support/until.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LARGE = "x".repeat(100_000);

for (const [kind, live] of [["tails", true], ["exports", false]] as const) test(`up to 64 ${kind} may be open; further ones are refused until one of them ends`, async (t) => {
  const server = await startTestServer(t, streaming(waiting("one"), live));
  const streams = await Promise.all(Array.from({ length: 70 }, () => openStream(t, server.url)));
  assert.equal(streams.filter(({ status }) => status === 200).length, 64);
  const refused = streams.filter(({ status }) => status === 503);
  assert.equal(refused.length, 6);
  assert.equal(refused[0]?.headers["retry-after"], "1");
  assert.equal((await send(server.url, "/", { method: "HEAD" })).status, 503);
  streams.find(({ status }) => status === 200)?.response.socket.resetAndDestroy();
  await server.finished(8);
  assert.equal((await openStream(t, server.url)).status, 200);
});

test("tails at their limit leave room for exports, and exports at their limit leave room for tails", async (t) => {
  const server = await startTestServer(t, (request) => streaming(waiting("one"), request.query === "live")(request));
  for (const [full, other] of [["live", "export"], ["export", "live"]]) {
    const streams = await Promise.all(Array.from({ length: 64 }, () => openStream(t, `${server.url}/?${full}`)));
    assert.equal((await openStream(t, `${server.url}/?${full}`)).status, 503);
    const one = await openStream(t, `${server.url}/?${other}`);
    assert.equal(one.status, 200);
    const before = (await server.finished(0)).length;
    for (const { response } of [...streams, one]) response.socket.resetAndDestroy();
    await server.finished(before + 65);
  }
});

test("64 clients that neither read nor close keep new tails out for a minute, then new tails displace the oldest", async (t) => {
  let now = 0;
  const server = await startTestServer(t, streaming(waiting("one"), true), { nowMs: () => now });
  const vanished = [];
  for (let index = 0; index < 64; index += 1) {
    const connection = await openConnection(t, server.url);
    connection.socket.pause();
    connection.write(GET);
    vanished.push(connection);
  }
  await until("all 64 streams are open", async () => (await send(server.url, "/", { method: "HEAD" })).status === 503);
  const before = (await server.finished(0)).length;
  now = 59_999;
  assert.equal((await openStream(t, server.url)).status, 503);
  now = 60_000;
  const streams = await Promise.all(Array.from({ length: 70 }, () => openStream(t, server.url)));
  assert.equal(streams.filter(({ status }) => status === 200).length, 64);
  const ended = (await server.finished(before + 65)).slice(before).map(({ stream }) => stream?.ended);
  assert.equal(ended.filter((reason) => reason === "displaced").length, 64);
});

test("64 exports whose clients read nothing keep a new one out until they are disconnected", async (t) => {
  const server = await startTestServer(t, streaming(waiting(...Array<string>(200).fill(LARGE))), { stalledMs: 300 });
  const stalled = [];
  for (let index = 0; index < 64; index += 1) {
    const connection = await openConnection(t, server.url);
    connection.socket.on("error", () => undefined).pause();
    connection.write(GET);
    stalled.push(connection);
  }
  const ended = (await server.finished(64)).filter(({ stream }) => stream?.ended === "client");
  assert.equal(ended.length, 64);
  assert.equal((await openStream(t, server.url)).status, 200);
});

test("64 exports whose clients take nothing keep a new one out for half a minute, then the one that has waited longest gives its place", async (t) => {
  let now = 0;
  const server = await startTestServer(t, streaming(waiting(...Array<string>(200).fill(LARGE))), { nowMs: () => now });
  for (let index = 0; index < 64; index += 1) {
    const connection = await openConnection(t, server.url);
    connection.socket.on("error", () => undefined).pause();
    connection.write(GET);
  }
  await until("no place is left", async () => (await send(server.url, "/", { method: "HEAD" })).status === 503);
  now = 29_999;
  assert.equal((await openStream(t, server.url)).status, 503);
  // Those that still fill the system's buffers have not waited yet.
  await until("a place is free", async () => {
    now += 30_000;
    return (await openStream(t, server.url)).status === 200;
  });
  const ended = (await server.finished(3)).map(({ stream }) => stream?.ended).filter((reason) => reason === "displaced");
  assert.equal(ended.length, 1);
});

test("an export that waits for the database does not give its place", async (t) => {
  let now = 0;
  const server = await startTestServer(t, streaming(waiting("one")), { nowMs: () => now });
  await Promise.all(Array.from({ length: 64 }, () => openStream(t, server.url)));
  now = 600_000;
  assert.equal((await openStream(t, server.url)).status, 503);
});
