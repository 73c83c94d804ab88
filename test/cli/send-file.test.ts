import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Unreachable } from "../../src/cli/request.ts";
import type { SendCommand } from "../../src/cli/command.ts";
import { send } from "../../src/cli/send.ts";
import { delivery, sign, startTestApp } from "../support/app.ts";
import { at } from "../support/json.ts";
import { temporaryFolder } from "../support/store.ts";
import { until } from "../support/until.ts";
import { runMain } from "./main.ts";
import { startFixedStub, startStub } from "./stub-server.ts";
import { testTerminal } from "./terminal.ts";

const ENV = { WEBHOOK_SECRET: "testsecret" };

function fromInput(url: string, retry: boolean = false): SendCommand {
  return { name: "send", url: new URL(url), what: { file: "-" }, retry };
}

function input(...chunks: readonly (string | Uint8Array)[]): () => AsyncIterable<Uint8Array> {
  return () => Readable.from(chunks.map((chunk) => Buffer.from(chunk)), { objectMode: false });
}

test("send --file sends every line of a file, and names the refused ones", async (t) => {
  const app = await startTestApp(t);
  const file = join(temporaryFolder(t), "messages.ndjson");
  const lines = Array.from({ length: 500 }, (_, index) => JSON.stringify(delivery({ message_id: `m${index}`, ...(index === 6 && { from: "1" }) })));
  writeFileSync(file, lines.join("\n"));
  const { status, stdout, stderr } = await runMain(["send", "--file", file], { env: { ...ENV, WEBHOOK_INBOX_URL: app.url } });
  assert.deepEqual([status, stdout], [1, "499 accepted, 1 refused\n"]);
  assert.match(stderr, /^line 7: 422 \{"detail":\[\{"loc":\["body","from"\][^\n]+\n$/);
  assert.equal(at((await app.request("/stats")).json, "total_messages"), 499);
});

test("each line is posted unchanged without its line ending, however the input is chunked, and blank lines are skipped", async (t) => {
  const stub = await startFixedStub(t, 200, "");
  const invalidUtf8 = Buffer.from([0x22, 0xff, 0xc3, 0x22]);
  const terminal = testTerminal({ env: ENV, input: input('{"a"', ":1}\r", "\n\n \t\n", ' {"b": 2} \n', invalidUtf8, "\n", "last") });
  assert.equal(await send(terminal, fromInput(stub.url)), 0);
  assert.equal(terminal.printed(), "4 accepted, 0 refused\n");
  const bodies = stub.requests.map(({ body }) => body.toString("latin1"));
  assert.deepEqual(bodies.toSorted(), ['{"a":1}', ' {"b": 2} ', invalidUtf8.toString("latin1"), "last"].toSorted());
  for (const { body, headers } of stub.requests) assert.equal(headers["x-signature"], sign(body));
});

test("an empty file is not an error", async (t) => {
  const terminal = testTerminal({ env: ENV });
  assert.equal(await send(terminal, fromInput((await startFixedStub(t, 200, "")).url)), 0);
  assert.equal(terminal.printed(), "0 accepted, 0 refused\n");
});

test("only the first twenty refusals are named", async (t) => {
  const { url } = await startFixedStub(t, 422, "{}");
  const terminal = testTerminal({ env: ENV, input: input("{}\n".repeat(100)) });
  assert.equal(await send(terminal, fromInput(url)), 1);
  assert.deepEqual([terminal.complaints.length, terminal.complaints.at(-1)], [21, "and 80 more"]);
});

test("send --file ends at a refused signature, because the next one would be refused too", async (t) => {
  const stub = await startFixedStub(t, 401, "{}");
  const terminal = testTerminal({ env: ENV, input: input("{}\n".repeat(10_000)) });
  assert.equal(await send(terminal, fromInput(stub.url)), 1);
  assert.ok(stub.requests.length < 100);
});

test("send --file ends if it gets no response, even if more lines follow, and says how far it got", async (t) => {
  const stub = await startStub(t, (response, number) => void (number === 0 ? response.end() : response.destroy()));
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from("1\n");
    await until("the first line is sent", () => stub.requests.length > 0);
    yield Buffer.from("2\n");
    await new Promise(() => {});
  }
  const terminal = testTerminal({ env: ENV, input: endless });
  await assert.rejects(send(terminal, fromInput(stub.url)), Unreachable);
  assert.match(terminal.complaints.join(), /^1 accepted, 0 refused so far/);
});

test("--retry sends every line to a service that is full for a while", async (t) => {
  const stub = await startStub(t, (response, number) => {
    response.writeHead(number < 64 ? 503 : 200, { "Retry-After": "1" }).end();
  });
  const terminal = testTerminal({ env: ENV, input: input("{}\n".repeat(300)) });
  assert.equal(await send(terminal, fromInput(stub.url, true)), 0);
  assert.equal(terminal.printed(), "300 accepted, 0 refused\n");
  assert.ok(terminal.waits.length > 0 && terminal.waits.every((ms) => ms === 1000));
});

test("a line of more than 16 MiB and an unreadable file are reported", async (t) => {
  const { url } = await startFixedStub(t, 200, "");
  const terminal = testTerminal({ env: ENV, input: input(...Array.from({ length: 17 }, () => Buffer.alloc(1024 * 1024, "x"))) });
  await assert.rejects(send(terminal, fromInput(url)), /16 MiB/);
  const missing = await runMain(["send", "--file", "missing.ndjson"], { env: { ...ENV, WEBHOOK_INBOX_URL: url } });
  assert.deepEqual([missing.status, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /^[^\n]*missing\.ndjson[^\n]*\n$/);
});

test("send --file shows on a terminal how many messages it has sent", async (t) => {
  const { url } = await startFixedStub(t, 200, "");
  const shown: string[] = [];
  assert.equal(await send(testTerminal({ env: ENV, screen: (text) => shown.push(text), input: input("{}\n") }), fromInput(url)), 0);
  assert.match(shown[0] ?? "", /send 0 messages, 0 s/);
});
