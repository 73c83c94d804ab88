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
import { startStandIn, type Asked } from "./stand-in.ts";
import { testTerminal, type TestTerminal } from "./terminal.ts";

const ENV = { FORWARD_SECRET: "s3cret" };
const NDJSON = { "Content-Type": "application/x-ndjson", "Tail-After": "0" };

function line(seq: number, from = "+1"): string {
  return `${JSON.stringify({ seq, message_id: `m/${seq}`, from, text: "é" })}\n`;
}

/** A service whose tail gives these lines to whoever begins before them, and then refuses. */
async function startTail(t: TestContext, lines: readonly string[], done: Promise<void>): Promise<string> {
  const { url } = await startStandIn(t, (response, _, { target }) => {
    const after = Number(new URL(target, "http://x").searchParams.get("after"));
    response.writeHead(200, NDJSON).write(`\n${lines.filter((one) => JSON.parse(one).seq > after).join("")}`);
    // A line that is not a message ends the command.
    done.then(() => response.end("{}\n"));
  });
  return url;
}

interface Receiver {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Settles when `count` responses have gone out. */
  reached(count: number): Promise<void>;
  /** Settles when it has taken this message. */
  took(seq: number): Promise<void>;
}

type Response = number | { readonly status: number; readonly headers: Record<string, string> };

/** `answer` gives the status for each request, 0 for none, by its number and the message's. */
async function startReceiver(t: TestContext, answer: (number: number, seq: number) => Response): Promise<Receiver> {
  let responses = 0;
  const takenSeqs = new Set<number>();
  const { url, asked } = await startStandIn(t, (response, number, { body }) => {
    const { seq } = JSON.parse(body.toString());
    const given = answer(number, seq);
    const { status, headers } = typeof given === "number" ? { status: given, headers: {} } : given;
    response.on("close", () => {
      responses += 1;
      if (status >= 200 && status < 300) takenSeqs.add(seq);
    });
    if (status === 0) response.destroy();
    else response.writeHead(status, headers).end("taken");
  });
  return {
    url,
    asked,
    async took(seq) {
      await until(`the message ${seq} is taken`, () => takenSeqs.has(seq));
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

const seqsOf = (asked: readonly Asked[]): readonly number[] => asked.map(({ body }) => JSON.parse(body.toString()).seq);
const readPosition = (path: string): number => JSON.parse(readFileSync(path, "utf8")).after;

test("each message is posted as its line, signed in both ways, and the position is kept", async (t) => {
  const receiver = await startReceiver(t, () => 204);
  const { status, position } = await run(t, await startTail(t, [line(1), line(2)], receiver.reached(2)), {
    to: new URL(`${receiver.url}/hook/?key=1`),
  });
  assert.equal(status, 1);
  assert.deepEqual(
    receiver.asked.map(({ method, target, body }) => [method, target, `${body.toString()}\n`]),
    [
      ["POST", "/hook/?key=1", line(1)],
      ["POST", "/hook/?key=1", line(2)],
    ],
  );
  const verify = createVerifier({ current: "s3cret", previous: [] }, { clock: { nowMs: () => Date.now() }, toleranceSeconds: 300 });
  for (const { headers, body } of receiver.asked) {
    const { "x-signature": _, ...standard } = headers;
    assert.deepEqual([verify(body, { "x-signature": headers["x-signature"] }).ok, verify(body, standard).ok], [true, true]);
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["x-signature"], createHmac("sha256", "s3cret").update(body).digest("hex"));
  }
  assert.equal(new Set(receiver.asked.map(({ headers }) => headers["webhook-id"])).size, 2);
  assert.equal(readPosition(position), 2);
});

test("it continues after the position of its file, whatever --after says", async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const to = new URL(receiver.url);
  const { position } = await run(t, await startTail(t, [line(1), line(2)], receiver.reached(1)), { to, after: 1 });
  await run(t, await startTail(t, [line(1), line(2), line(3)], receiver.reached(2)), { to, position });
  assert.deepEqual(seqsOf(receiver.asked), [2, 3]);
});

test("a message is tried until a status of 2xx takes it, and those of its sender wait for it", async (t) => {
  const refusals: readonly Response[] = [500, 0, 302, 404, 429];
  const receiver = await startReceiver(t, (number) => refusals[number] ?? 201);
  const service = await startTail(t, [line(1), line(2)], receiver.reached(7));
  const { terminal, position } = await run(t, service, { to: new URL(receiver.url) });
  assert.deepEqual(seqsOf(receiver.asked), [1, 1, 1, 1, 1, 1, 2]);
  assert.equal(new Set(receiver.asked.slice(0, 6).map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(readPosition(position), 2);
  assert.equal(terminal.waits.length, 5);
  assert.ok(
    terminal.waits.every((ms, index) => ms >= 250 * 2 ** index && ms <= 500 * 2 ** index),
    `${terminal.waits}`,
  );
});

test("Retry-After says how long to wait", async (t) => {
  const receiver = await startReceiver(t, (number) => (number === 0 ? { status: 503, headers: { "Retry-After": "7" } } : 200));
  const { terminal } = await run(t, await startTail(t, [line(1)], receiver.reached(2)), { to: new URL(receiver.url) });
  assert.deepEqual(terminal.waits, [7000]);
});

test("a sender whose message is refused does not hold up the others, and the position waits for it", async (t) => {
  // The first message is taken only after those of the others.
  const others = new Set([2, 4]);
  const receiver = await startReceiver(t, (_, seq) => (others.delete(seq) || others.size === 0 ? 200 : 500));
  const lines = [line(1, "a"), line(2, "b"), line(3, "a"), line(4, "c")];
  const { position } = await run(t, await startTail(t, lines, receiver.took(3)), { to: new URL(receiver.url), concurrency: 1 });
  const taken = seqsOf(receiver.asked);
  assert.ok(taken.indexOf(4) < taken.lastIndexOf(1), `${taken}`);
  assert.ok(taken.lastIndexOf(1) < taken.indexOf(3), `${taken}`);
  assert.equal(readPosition(position), 4);
});

test("a message goes to the dead letters after its attempts, as it came, and the position passes it", async (t) => {
  const file = join(temporaryFolder(t), "dead.ndjson");
  const receiver = await startReceiver(t, (_, seq) => (seq === 2 || seq === 4 ? 200 : 400));
  // The fourth is sent once the third has been passed.
  const lines = [line(1), line(2), line(3), line(4)];
  const { position } = await run(t, await startTail(t, lines, receiver.reached(8)), {
    to: new URL(receiver.url),
    deadLetter: { file, maxAttempts: 3 },
  });
  assert.deepEqual(seqsOf(receiver.asked), [1, 1, 1, 2, 3, 3, 3, 4]);
  assert.equal(readFileSync(file, "utf8"), line(1) + line(3));
  assert.ok(readPosition(position) >= 3);
});

test("dead letters that cannot be written end the command, and the message is not passed", async (t) => {
  const receiver = await startReceiver(t, () => 400);
  const position = join(temporaryFolder(t), "position.json");
  const service = await startTail(t, [line(1)], new Promise(() => {}));
  await assert.rejects(run(t, service, { to: new URL(receiver.url), position, deadLetter: { file: "/dev/full", maxAttempts: 1 } }), {
    code: /ENOSPC|EINVAL/,
  });
  assert.equal(readPosition(position), 0);
});

test("the password of a receiver is sent, and not kept in the file", async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const to = new URL(receiver.url);
  to.username = "user";
  to.password = "hunter2";
  const { position } = await run(t, await startTail(t, [line(1)], receiver.reached(1)), { to });
  assert.equal(receiver.asked[0]?.headers.authorization, `Basic ${btoa("user:hunter2")}`);
  assert.doesNotMatch(readFileSync(position, "utf8"), /user|hunter2/);
});

test("forward reports wrong settings with 78, and a position in use with 1", async (t) => {
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

test("forward ends with 69 if it cannot reach the service at first", async (t) => {
  const { status } = await run(t, "http://127.0.0.1:1", { to: new URL("http://127.0.0.1:1") });
  assert.equal(status, 69);
});

test("when the store has gone back it continues after the last message that both lives have", async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const lives: readonly (readonly [status: number, headers: Record<string, string>, lines: readonly string[]])[] = [
    [200, { "Tail-After": "0", "Tail-Generation": "g1" }, [line(1), line(2), line(3)]],
    [409, { "Tail-After": "1", "Tail-Generation": "g2" }, []],
    [200, { "Tail-After": "1", "Tail-Generation": "g2" }, [line(2, "+2")]],
    [404, {}, []],
  ];
  const service = await startStandIn(t, (response, number) => {
    const [status, headers, lines] = lives[number] ?? [500, {}, []];
    const answer = (): void => void response.writeHead(status, { ...NDJSON, "Tail-After": "", ...headers }).end(lines.join(""));
    if (number < 3) answer();
    else receiver.reached(4).then(answer);
  });
  const { status, terminal, position } = await run(t, service.url, { to: new URL(receiver.url) });
  assert.equal(status, 1);
  assert.deepEqual(
    service.asked.map(({ target }) => target),
    ["/tail?after=0", "/tail?after=3&generation=g1", "/tail?after=1&generation=g2", "/tail?after=2&generation=g2"],
  );
  assert.deepEqual(seqsOf(receiver.asked), [1, 2, 3, 2]);
  assert.deepEqual(JSON.parse(readFileSync(position, "utf8")), { to: `${receiver.url}/`, after: 2, generation: "g2" });
  assert.match(terminal.complaints[0] ?? "", /gone back.*after 1$/);
});
