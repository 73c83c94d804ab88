import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ForwardCommand } from "../../src/cli/command.ts";
import { openForwardPosition } from "../../src/cli/forward-position.ts";
import { forward } from "../../src/cli/forward.ts";
import { createVerifier } from "../../src/signature/verify.ts";
import { atEnd } from "../support/cleanup.ts";
import { temporaryFolder } from "../support/store.ts";
import { until } from "../support/until.ts";
import { runMain } from "./main.ts";
import { startStub, type ReceivedRequest } from "./stub-server.ts";
import { testTerminal, type TestTerminal } from "./terminal.ts";

const ENV = { FORWARD_SECRET: "s3cret" };
const NDJSON = { "Content-Type": "application/x-ndjson", "Tail-After": "0" };

function line(seq: number, from = "+1"): string {
  return `${JSON.stringify({ seq, message_id: `m/${seq}`, from, text: "é" })}\n`;
}

/** A service whose tail sends the lines after the given position and, when `done` settles, an invalid line that ends the command. */
async function startTail(t: TestContext, lines: readonly string[], done: Promise<void>): Promise<string> {
  const { url } = await startStub(t, (response, _, { target }) => {
    const after = Number(new URL(target, "http://x").searchParams.get("after"));
    response.writeHead(200, NDJSON).write(`\n${lines.filter((one) => JSON.parse(one).seq > after).join("")}`);
    done.then(() => response.end("{}\n"));
  });
  return url;
}

interface Receiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Settles when `count` responses have gone out. */
  reached(count: number): Promise<void>;
  /** Settles when it has accepted this message. */
  accepted(seq: number): Promise<void>;
}

type Response = number | { readonly status: number; readonly headers: Record<string, string> };

/** `respond` gives the response to each request, 0 for none, by the number of the request and the `seq` of its message. */
async function startReceiver(t: TestContext, respond: (number: number, seq: number) => Response): Promise<Receiver> {
  let responses = 0;
  const acceptedSeqs = new Set<number>();
  const { url, requests } = await startStub(t, (response, number, { body }) => {
    const { seq } = JSON.parse(body.toString());
    const given = respond(number, seq);
    const { status, headers } = typeof given === "number" ? { status: given, headers: {} } : given;
    response.on("close", () => {
      responses += 1;
      if (status >= 200 && status < 300) acceptedSeqs.add(seq);
    });
    if (status === 0) response.destroy();
    else response.writeHead(status, headers).end("accepted");
  });
  return {
    url,
    requests,
    async accepted(seq) {
      await until(`the message ${seq} is accepted`, () => acceptedSeqs.has(seq));
    },
    async reached(count) {
      await until(`${count} responses have gone out`, () => responses >= count);
    },
  };
}

async function run(
  t: TestContext,
  service: string,
  parts: Partial<ForwardCommand> & { readonly to: URL },
): Promise<{ status: number; terminal: TestTerminal; position: string }> {
  const terminal = testTerminal({ env: ENV });
  const position = parts.position ?? join(temporaryFolder(t), "position.json");
  const status = await forward(terminal, {
    name: "forward",
    url: new URL(service),
    position,
    after: 0,
    concurrency: 4,
    deadLetter: undefined,
    metricsPort: undefined,
    ...parts,
  });
  return { status, terminal, position };
}

const seqsOf = (requests: readonly ReceivedRequest[]): readonly number[] => requests.map(({ body }) => JSON.parse(body.toString()).seq);
const readPosition = (path: string): number => JSON.parse(readFileSync(path, "utf8")).after;

test("each message is posted as its line, signed in both ways, and the position is stored", async (t) => {
  const receiver = await startReceiver(t, () => 204);
  const { status, position } = await run(t, await startTail(t, [line(1), line(2)], receiver.reached(2)), {
    to: new URL(`${receiver.url}/hook/?key=1`),
  });
  assert.equal(status, 1);
  assert.deepEqual(
    receiver.requests.map(({ method, target, body }) => [method, target, `${body.toString()}\n`]),
    [
      ["POST", "/hook/?key=1", line(1)],
      ["POST", "/hook/?key=1", line(2)],
    ],
  );
  const verify = createVerifier({ current: "s3cret", previous: [] }, { clock: { nowMs: () => Date.now() }, toleranceSeconds: 300 });
  for (const { headers, body } of receiver.requests) {
    const { "x-signature": _, ...standard } = headers;
    assert.deepEqual([verify(body, { "x-signature": headers["x-signature"] }).ok, verify(body, standard).ok], [true, true]);
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["x-signature"], createHmac("sha256", "s3cret").update(body).digest("hex"));
  }
  assert.equal(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size, 2);
  assert.equal(readPosition(position), 2);
});

test("forward continues after the position in its file, whatever --after says", async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const to = new URL(receiver.url);
  const { position } = await run(t, await startTail(t, [line(1), line(2)], receiver.reached(1)), { to, after: 1 });
  await run(t, await startTail(t, [line(1), line(2), line(3)], receiver.reached(2)), { to, position });
  assert.deepEqual(seqsOf(receiver.requests), [2, 3]);
});

test("a message is retried until it gets a 2xx status, and later messages of its sender wait", async (t) => {
  const refusals: readonly Response[] = [500, 0, 302, 404, 429];
  const receiver = await startReceiver(t, (number) => refusals[number] ?? 201);
  const service = await startTail(t, [line(1), line(2)], receiver.reached(7));
  const { terminal, position } = await run(t, service, { to: new URL(receiver.url) });
  assert.deepEqual(seqsOf(receiver.requests), [1, 1, 1, 1, 1, 1, 2]);
  assert.equal(new Set(receiver.requests.slice(0, 6).map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(readPosition(position), 2);
  assert.equal(terminal.waits.length, 5);
  assert.ok(
    terminal.waits.every((ms, index) => ms >= 250 * 2 ** index && ms <= 500 * 2 ** index),
    `${terminal.waits}`,
  );
});

test("forward waits as long as Retry-After says", async (t) => {
  const receiver = await startReceiver(t, (number) => (number === 0 ? { status: 503, headers: { "Retry-After": "7" } } : 200));
  const { terminal } = await run(t, await startTail(t, [line(1)], receiver.reached(2)), { to: new URL(receiver.url) });
  assert.deepEqual(terminal.waits, [7000]);
});

test("a refused message delays only its own sender, and the position does not pass it", async (t) => {
  // The first message is accepted only after those of the other senders.
  const others = new Set([2, 4]);
  const receiver = await startReceiver(t, (_, seq) => (others.delete(seq) || others.size === 0 ? 200 : 500));
  const lines = [line(1, "a"), line(2, "b"), line(3, "a"), line(4, "c")];
  const { position } = await run(t, await startTail(t, lines, receiver.accepted(3)), { to: new URL(receiver.url), concurrency: 1 });
  const sent = seqsOf(receiver.requests);
  assert.ok(sent.indexOf(4) < sent.lastIndexOf(1), `${sent}`);
  assert.ok(sent.lastIndexOf(1) < sent.indexOf(3), `${sent}`);
  assert.equal(readPosition(position), 4);
});

test("after --max-attempts a message is written unchanged to the dead letters, and the position passes it", async (t) => {
  const file = join(temporaryFolder(t), "dead.ndjson");
  const receiver = await startReceiver(t, (_, seq) => (seq === 2 || seq === 4 ? 200 : 400));
  // The fourth message is sent once the third is in the dead letters.
  const lines = [line(1), line(2), line(3), line(4)];
  const { position } = await run(t, await startTail(t, lines, receiver.reached(8)), {
    to: new URL(receiver.url),
    deadLetter: { file, maxAttempts: 3 },
  });
  assert.deepEqual(seqsOf(receiver.requests), [1, 1, 1, 2, 3, 3, 3, 4]);
  assert.equal(readFileSync(file, "utf8"), line(1) + line(3));
  assert.ok(readPosition(position) >= 3);
});

test("a dead letter that cannot be written ends the command, and the position does not pass the message", async (t) => {
  const receiver = await startReceiver(t, () => 400);
  const position = join(temporaryFolder(t), "position.json");
  const service = await startTail(t, [line(1)], new Promise(() => {}));
  await assert.rejects(run(t, service, { to: new URL(receiver.url), position, deadLetter: { file: "/dev/full", maxAttempts: 1 } }), {
    code: /ENOSPC|EINVAL/,
  });
  assert.equal(readPosition(position), 0);
});

test("the password in the receiver's URL is sent, but not stored in the position file", async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const to = new URL(receiver.url);
  to.username = "user";
  to.password = "hunter2";
  const { position } = await run(t, await startTail(t, [line(1)], receiver.reached(1)), { to });
  assert.equal(receiver.requests[0]?.headers.authorization, `Basic ${btoa("user:hunter2")}`);
  assert.doesNotMatch(readFileSync(position, "utf8"), /user|hunter2/);
});

test("forward exits with 78 for invalid settings, and with 1 for a position in use", async (t) => {
  const folder = temporaryFolder(t);
  for (const env of [{}, { FORWARD_SECRET: "whsec_x" }]) {
    const { status, stderr } = await runMain(["forward", "--to", "http://127.0.0.1:1"], { env, cwd: folder });
    assert.deepEqual([status, stderr.startsWith("FORWARD_SECRET: ")], [78, true]);
  }
  const position = await openForwardPosition({ path: join(folder, "p"), to: "http://127.0.0.1:1/", first: 0 });
  atEnd(t, () => position.close());
  const { status, stderr } = await runMain(["forward", "--to", "http://127.0.0.1:1", "--position", "p"], { env: ENV, cwd: folder });
  assert.deepEqual([status, stderr.split("\n").length], [1, 2]);
});

test("forward exits with 69 if it cannot reach the service at first", async (t) => {
  const { status } = await run(t, "http://127.0.0.1:1", { to: new URL("http://127.0.0.1:1") });
  assert.equal(status, 69);
});

test("after a restore of the store, forward continues after the last message that both generations have", async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const generations: readonly (readonly [status: number, headers: Record<string, string>, lines: readonly string[]])[] = [
    [200, { "Tail-After": "0", "Tail-Generation": "g1" }, [line(1), line(2), line(3)]],
    [409, { "Tail-After": "1", "Tail-Generation": "g2" }, []],
    [200, { "Tail-After": "1", "Tail-Generation": "g2" }, [line(2, "+2")]],
    [404, {}, []],
  ];
  const service = await startStub(t, (response, number) => {
    const [status, headers, lines] = generations[number] ?? [500, {}, []];
    const respond = (): void => void response.writeHead(status, { ...NDJSON, "Tail-After": "", ...headers }).end(lines.join(""));
    if (number < 3) respond();
    else receiver.reached(4).then(respond);
  });
  const { status, terminal, position } = await run(t, service.url, { to: new URL(receiver.url) });
  assert.equal(status, 1);
  assert.deepEqual(
    service.requests.map(({ target }) => target),
    ["/tail?after=0", "/tail?after=3&generation=g1", "/tail?after=1&generation=g2", "/tail?after=2&generation=g2"],
  );
  assert.deepEqual(seqsOf(receiver.requests), [1, 2, 3, 2]);
  assert.deepEqual(JSON.parse(readFileSync(position, "utf8")), { to: `${receiver.url}/`, after: 2, generation: "g2" });
  assert.match(terminal.complaints[0] ?? "", /gone back.*after seq 1$/);
});
