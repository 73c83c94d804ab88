import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { tail } from "../../src/cli/tail.ts";
import { run, which } from "../scripts/command.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { until } from "../support/until.ts";
import { MAIN, runMain } from "./main.ts";
import { startFixedStub, startStub } from "./stub-server.ts";
import { testTerminal } from "./terminal.ts";

const NDJSON = { "Content-Type": "application/x-ndjson", "Tail-After": "7" };

function line(seq: number): string {
  return `${JSON.stringify({ seq, message_id: `m${seq}`, text: "é" })}\n`;
}

function follow(url: string, after: number | undefined, terminal: Parameters<typeof tail>[0]): Promise<number> {
  return tail(terminal, { name: "tail", url: new URL(url), after });
}

/** Sends the start of a tail, then closes the connection in the middle. */
function cutAfter(response: ServerResponse, text: string): void {
  response.writeHead(200, NDJSON).write(text, () => response.destroy());
}

const DETAIL = "detail";

test("tail continues after the last whole line when the connection is lost, and ends if it is refused", async (t) => {
  const stub = await startStub(t, (response, number) => {
    if (number === 0) cutAfter(response, line(3) + line(4) + line(5).slice(0, 9));
    else if (number === 1) response.destroy();
    else if (number === 2) response.writeHead(503, { "Retry-After": "3" }).end();
    else if (number === 3) response.writeHead(200, NDJSON).end(line(5));
    else response.writeHead(422).end(DETAIL);
  });
  const terminal = testTerminal({ env: { API_TOKEN: "token" } });
  assert.equal(await follow(stub.url, 2, terminal), 1);
  assert.equal(terminal.printed(), line(3) + line(4) + line(5));
  assert.deepEqual(stub.requests.map(({ target }) => target), ["/tail?after=2", "/tail?after=4", "/tail?after=4", "/tail?after=4", "/tail?after=5"]);
  assert.ok(terminal.waits.includes(3000));
  assert.deepEqual(terminal.complaints, [`Cannot follow: the service responded with 422 ${DETAIL}`]);
  for (const { headers } of stub.requests) assert.deepEqual([headers.authorization, headers.accept], ["Bearer token", "application/x-ndjson"]);
});

test("after a 409 tail continues from the position that the service names, and ends at a second 409 in a row", async (t) => {
  const stub = await startStub(t, (response, number) => {
    if (number === 1) response.writeHead(200, { ...NDJSON, "Tail-After": "3", "Tail-Generation": "g2" }).end(line(4));
    else response.writeHead(409, { "Tail-After": "3", "Tail-Generation": "g2" }).end(DETAIL);
  });
  const terminal = testTerminal();
  assert.equal(await follow(stub.url, 9, terminal), 1);
  assert.equal(terminal.printed(), line(4));
  assert.deepEqual(stub.requests.map(({ target }) => target), [
    "/tail?after=9", "/tail?after=3&generation=g2", "/tail?after=4&generation=g2", "/tail?after=3&generation=g2",
  ]);
  assert.equal(terminal.complaints.at(-1), `Cannot follow: the service responded with 409 ${DETAIL}`);
});

test("tail reconnects if a connection is silent for more than two heartbeats, but not if its own output is slow", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const connections: ServerResponse[] = [];
  const stub = await startStub(t, (response, number) => {
    connections.push(response);
    if (number < 2) response.writeHead(200, NDJSON).write(line(number + 1));
    else response.writeHead(404).end();
  });
  const written: string[] = [];
  const iteration = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
  const followed = follow(stub.url, 0, testTerminal({
    async write(chunk) {
      written.push(String(chunk));
      t.mock.timers.tick(600_000);
      await iteration();
    },
    // Otherwise it would retry indefinitely after a failed test.
    wait: async () => t.signal.throwIfAborted(),
  }));
  await until("the first message is written", () => written.length === 1);
  // A heartbeat and a part of a line are not messages, but both show that the connection is alive.
  for (const text of ["\n", "{"]) {
    await iteration();
    t.mock.timers.tick(39_000);
    connections[0]?.write(text);
    await until("the text is sent", () => (connections[0]?.socket?.writableLength ?? 0) === 0);
    // The client reads it in the same event loop.
    for (let count = 0; count < 5; count += 1) await iteration();
  }
  assert.equal(stub.requests.length, 1);
  t.mock.timers.tick(39_000);
  t.mock.timers.tick(40_000);
  await until("tail reconnects", () => stub.requests.length === 2);
  await until("the second message is written", () => written.length === 2);
  await iteration();
  t.mock.timers.tick(40_000);
  assert.equal(await followed, 1);
  assert.deepEqual(stub.requests.map(({ target }) => target), ["/tail?after=0", "/tail?after=1", "/tail?after=2"]);
});

test("without --after, a tail that loses its connection before the first message continues from where it started", async (t) => {
  const stub = await startStub(t, (response, number) => {
    if (number === 0) response.writeHead(200, NDJSON).end();
    else response.writeHead(404).end();
  });
  assert.equal(await follow(stub.url, undefined, testTerminal()), 1);
  assert.deepEqual(stub.requests.map(({ target }) => target), ["/tail", "/tail?after=7"]);
});

test("tail exits with 69 if it cannot reach the service at first, and with 1 if the service refuses or sends something else", async (t) => {
  const cases: readonly (readonly [status: number, url: string])[] = [
    [69, "http://127.0.0.1:1"],
    [69, (await startFixedStub(t, 503, '{"detail":"too many"}', { "Retry-After": "1" })).url],
    [1, (await startFixedStub(t, 401, '{"detail":"unauthorized"}')).url],
    [1, (await startFixedStub(t, 404, "<html>\n</html>")).url],
    [1, (await startFixedStub(t, 200, '{"status":"ok"}\n')).url],
    [1, (await startFixedStub(t, 200, "<html>\n")).url],
  ];
  for (const [status, url] of cases) {
    const terminal = testTerminal();
    assert.equal(await follow(url, undefined, terminal), status);
    assert.deepEqual([terminal.printed(), terminal.complaints.length, terminal.waits], ["", 1, []]);
  }
});

test("tail exits with 78 for invalid settings", async () => {
  const { status, stderr } = await runMain(["tail"], { env: { API_TOKEN: "two words", WEBHOOK_INBOX_URL: "x" } });
  assert.deepEqual([status, stderr.match(/^(API_TOKEN|WEBHOOK_INBOX_URL): /gm)?.length], [78, 2]);
});

test("tail says on a terminal that it is trying again", async (t) => {
  const stub = await startStub(t, (response, number) => void (number === 0 ? cutAfter(response, line(1)) : response.writeHead(404).end()));
  const shown: string[] = [];
  await follow(stub.url, 0, testTerminal({ screen: (text) => shown.push(text) }));
  assert.match(shown.join(""), /trying again/);
});

test("| head ends a running tail without an error message", async (t) => {
  const stub = await startStub(t, (response) => {
    response.writeHead(200, NDJSON);
    const more = (seq: number): void => void response.write(line(seq), (error) => void (error ?? setImmediate(more, seq + 1)));
    more(1);
  });
  const script = '{ "$1" "$2" tail --after 0; echo $? >&2; } | head -n 2';
  const result = await run([which("sh"), "-c", script, "sh", process.execPath, MAIN], {
    env: { ...COMPILE_CACHE, PATH: process.env["PATH"] ?? "", WEBHOOK_INBOX_URL: stub.url },
  });
  assert.deepEqual(result, { status: 0, stdout: line(1) + line(2), stderr: "0\n" });
});

test("SIGINT ends a tail by the signal, after a whole line", async (t) => {
  const stub = await startStub(t, (response) => response.writeHead(200, NDJSON).write(line(1) + line(2).slice(0, 5)));
  const result = await run([process.execPath, MAIN, "tail"], {
    env: { ...COMPILE_CACHE, WEBHOOK_INBOX_URL: stub.url },
    onFirstLine: (child) => child.kill("SIGINT"),
  });
  assert.deepEqual(result, { status: "SIGINT", stdout: line(1), stderr: "" });
});
