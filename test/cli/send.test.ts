import assert from "node:assert/strict";
import { test } from "node:test";
import { Unreachable } from "../../src/cli/request.ts";
import type { SendCommand } from "../../src/cli/command.ts";
import { send } from "../../src/cli/send.ts";
import { sign, startTestApp } from "../support/app.ts";
import { at, listAt } from "../support/json.ts";
import { oneOfMany } from "../support/sweep.ts";
import { runMain } from "./main.ts";
import { startFixedStub, startStub, type StubServer } from "./stub-server.ts";
import { testTerminal } from "./terminal.ts";

const OK = '{"status":"ok"}';
const ENV = { WEBHOOK_SECRET: "testsecret" };

function runSend(url: string, args: readonly string[] = []): ReturnType<typeof runMain> {
  return runMain(["send", ...args], { env: { ...ENV, WEBHOOK_INBOX_URL: url } });
}

function command(stub: StubServer, retry: boolean): SendCommand {
  return { name: "send", url: new URL(stub.url), what: { body: "{}" }, retry };
}

test("send creates a message, signs it, and prints the service's response", async (t) => {
  const app = await startTestApp(t);
  const text = 'a "b" \\ \n é😀 $HOME';
  const sent = await runSend(app.url, ["--id", "order/7", "--from", "+1", "--to", "+2", "--ts", "2025-01-15T10:00:00+01:00", "--text", text]);
  assert.deepEqual(sent, { status: 0, stdout: `200 ${OK}\n`, stderr: "" });
  const stored = await app.request("/messages/order%2F7");
  assert.deepEqual({ ...Object(stored.json), created_at: "" }, { message_id: "order/7", from: "+1", to: "+2", ts: "2025-01-15T09:00:00Z", text, created_at: "" });
});

test("send fills in missing fields: a new id each time, default numbers, the current time, and no text", async (t) => {
  const stub = await startFixedStub(t, 200, OK);
  const fromMs = Math.floor(Date.now() / 1000) * 1000;
  await runSend(stub.url);
  await runSend(stub.url);
  const bodies = stub.requests.map(({ body }) => JSON.parse(body.toString()));
  assert.equal(new Set(bodies.map((body) => body.message_id)).size, 2);
  for (const body of bodies) {
    assert.match(body.message_id, /^send-[0-9a-f]{32}$/);
    assert.match(body.ts, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(Date.parse(body.ts) >= fromMs && Date.parse(body.ts) <= Date.now());
    assert.deepEqual({ ...body, message_id: "", ts: "" }, { message_id: "", from: "+919876543210", to: "+14155550100", ts: "" });
  }
});

for (const [index, body] of ['{"message_id": 1}\n', "", "-n \\n %s 😀"].entries()) {
  test(`send --body posts the bytes as they are, below the path of the URL: ${JSON.stringify(body)}`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const stub = await startFixedStub(t, 200, OK);
    assert.equal((await runSend(`${stub.url}/behind/a/proxy/`, [`--body=${body}`])).status, 0);
    const [request] = stub.requests;
    assert.deepEqual(
      [request?.method, request?.target, request?.headers["content-type"], request?.headers["x-signature"], request?.body.toString()],
      ["POST", "/behind/a/proxy/webhook", "application/json", sign(body), body],
    );
  });
}

for (const [index, status] of [201, 204, 302, 401, 422, 429, 503].entries()) {
  test(`send prints the response and exits with 1 on ${status}, because only 200 means stored`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const body = status === 204 ? "" : '{"detail":"no"}';
    const { url, requests } = await startFixedStub(t, status, body, { Location: "/", "Retry-After": "0" });
    assert.deepEqual(await runSend(url), { status: 1, stdout: `${`${status} ${body}`.trim()}\n`, stderr: "" });
    assert.equal(requests.length, 1);
  });
}

test("a response is printed on one line without control characters, whatever it contains", async (t) => {
  const { url } = await startFixedStub(t, 500, "a\nb\u001b[2J\u009bc");
  assert.equal((await runSend(url)).stdout, "500 a b [2J c\n");
});

test("send exits with 69 and one line if it gets no response, and the line does not show the URL's password", async (t) => {
  const cut = await startStub(t, (response) => response.destroy());
  const half = await startStub(t, (response) => response.writeHead(200, { "Content-Length": 10 }).write("{", () => response.destroy()));
  for (const url of ["http://user:hunter2@127.0.0.1:1/x", cut.url, half.url]) {
    const { status, stdout, stderr } = await runSend(url);
    assert.deepEqual([status, stdout], [69, ""]);
    assert.match(stderr, /^Cannot reach the service: it must respond at http:[^\n]+\n$/);
    assert.ok(!stderr.includes("hunter2"));
  }
});

test("send reports every invalid setting, one line each, exits with 78 and sends nothing", async () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
    [{}, 1],
    [{ WEBHOOK_INBOX_URL: "localhost:8000" }, 2],
    [{ ...ENV, WEBHOOK_INBOX_URL: "http://host?x" }, 1],
    [{ ...ENV, PORT: "0" }, 1],
    [{ ...ENV, PORT: "70000" }, 1],
  ];
  for (const [env, lines] of cases) {
    const { status, stdout, stderr } = await runMain(["send"], { env });
    assert.deepEqual([status, stdout, stderr.split("\n").length - 1], [78, "", lines]);
  }
});

test("without a URL send connects to this machine at PORT", async (t) => {
  const { url } = await startFixedStub(t, 200, OK);
  assert.equal((await runMain(["send"], { env: { ...ENV, PORT: new URL(url).port } })).status, 0);
});

test("--retry waits as long as Retry-After says, otherwise longer each time, until the message is stored", async (t) => {
  const retryAfter = ["7", new Date(Date.now() + 60_000).toUTCString(), "soon", undefined, undefined];
  const statuses = [503, 429, 502, 504, 503];
  const stub = await startStub(t, (response, number) => {
    const value = retryAfter[number];
    response.writeHead(statuses[number] ?? 200, value === undefined ? {} : { "Retry-After": value }).end(OK);
  });
  const terminal = testTerminal({ env: ENV });
  assert.equal(await send(terminal, command(stub, true)), 0);
  assert.equal(terminal.printed(), `200 ${OK}\n`);
  const [first, second = 0, third = 0, fourth = 0, fifth = 0] = terminal.waits;
  assert.equal(first, 7000);
  assert.ok(second > 50_000 && second <= 60_000);
  // The third failure in a row waits 2 s, of which up to half is left out.
  for (const [index, wait] of [third, fourth, fifth].entries()) {
    const full = 2000 * 2 ** index;
    assert.ok(wait >= full / 2 && wait <= full, `${index}: ${wait}`);
  }
  assert.equal(new Set(stub.requests.map(({ body }) => body.toString())).size, 1);
});

test("--retry also retries if there was no response", async (t) => {
  const stub = await startStub(t, (response, number) => void (number === 0 ? response.destroy() : response.end(OK)));
  assert.equal(await send(testTerminal({ env: ENV }), command(stub, true)), 0);
  assert.equal(stub.requests.length, 2);
});

test("--retry does not retry a request that would be refused again", async (t) => {
  for (const status of [400, 401, 413, 422, 500]) {
    const stub = await startFixedStub(t, status, "{}");
    assert.equal(await send(testTerminal({ env: ENV }), command(stub, true)), 1);
    assert.equal(stub.requests.length, 1);
  }
});

test("--retry gives up after five minutes of waiting, with the last response", async (t) => {
  const full = await startFixedStub(t, 503, '{"detail":"full"}', { "Retry-After": "100" });
  const terminal = testTerminal({ env: ENV });
  assert.equal(await send(terminal, command(full, true)), 1);
  assert.deepEqual([terminal.waits, terminal.printed()], [[100_000, 100_000, 100_000], '503 {"detail":"full"}\n']);
  const gone = testTerminal({ env: ENV });
  await assert.rejects(send(gone, { ...command(full, true), url: new URL("http://127.0.0.1:1") }), Unreachable);
  assert.ok(gone.waits.reduce((sum, ms) => sum + ms) >= 300_000);
});

test("send --file stores what export prints", async (t) => {
  const app = await startTestApp(t);
  const stored = { message_id: "m1", from: "+1", to: "+2", ts: "2025-01-15T10:00:00Z", text: null, created_at: "2025-01-15T10:00:00.412Z" };
  const result = await runMain(["send", "--file", "-"], { env: { ...ENV, WEBHOOK_INBOX_URL: app.url }, input: `${JSON.stringify(stored)}\n` });
  assert.deepEqual(result, { status: 0, stdout: "1 accepted, 0 refused\n", stderr: "" });
  const [message] = listAt((await app.request("/messages")).json, "data");
  assert.equal(at(message, "message_id"), "m1");
});
