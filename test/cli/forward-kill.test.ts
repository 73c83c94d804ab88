import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";
import { atEnd } from "../support/cleanup.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";
import { repetitions } from "../support/sweep.ts";
import { until } from "../support/until.ts";
import { MAIN } from "./main.ts";
import { startStub } from "./stub-server.ts";

const SENDERS = 20;
const MESSAGES_PER_KILL = 20;

interface Ledger {
  readonly url: string;
  /** Message ids by sender, in the order in which they were first accepted. */
  readonly accepted: ReadonlyMap<string, readonly string[]>;
  /** How many requests for a sender came while another one for it was in progress. */
  overlaps(): number;
  /** Settles when `count` different messages have been accepted. */
  reached(count: number): Promise<void>;
}

/** Of ten requests, eight get 200, one gets 500 and is not accepted, and one is accepted but gets no response. */
async function startReceiver(t: TestContext): Promise<Ledger> {
  const accepted = new Map<string, string[]>();
  const ids = new Set<string>();
  const inProgress = new Map<string, number>();
  let overlaps = 0;
  const { url } = await startStub(t, (response, number, { body }) => {
    const { message_id: id, from } = JSON.parse(body.toString());
    inProgress.set(from, (inProgress.get(from) ?? 0) + 1);
    if (inProgress.get(from) !== 1) overlaps += 1;
    response.on("close", () => inProgress.set(from, (inProgress.get(from) ?? 0) - 1));
    if (number % 10 === 3) return void response.writeHead(500).end();
    if (!ids.has(id)) accepted.set(from, [...(accepted.get(from) ?? []), id]);
    ids.add(id);
    if (number % 10 === 7) response.destroy();
    else response.writeHead(200).end();
  });
  return {
    url,
    accepted,
    overlaps: () => overlaps,
    async reached(count) {
      await until(`${count} messages are accepted`, () => ids.size >= count, { limitMs: 30_000 });
    },
  };
}

test("forward skips no message and keeps the order of each sender when it is killed repeatedly and its receiver fails one request in five", async (t) => {
  const kills = repetitions(t, { full: 20, short: 6 });
  const app = await startTestApp(t);
  const receiver = await startReceiver(t);
  const folder = temporaryFolder(t);
  const children: ChildProcess[] = [];
  atEnd(t, () => children.forEach((child) => child.kill("SIGKILL")));
  const start = (): ChildProcess => {
    const env = { ...COMPILE_CACHE, FORWARD_SECRET: "s3cret", WEBHOOK_INBOX_URL: app.url };
    const args = ["forward", "--to", receiver.url, "--position", join(folder, "position"), "--concurrency", "8"];
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
    children.push(child);
    return child;
  };
  const sent = new Map<string, string[]>();
  const store = async (round: number): Promise<void> => {
    for (let index = round * MESSAGES_PER_KILL; index < (round + 1) * MESSAGES_PER_KILL; index++) {
      const from = `+1555${index % SENDERS}`;
      const message = delivery({ message_id: `m${index}`, from });
      assert.equal((await app.deliver(message)).status, 200);
      sent.set(from, [...(sent.get(from) ?? []), `m${index}`]);
    }
  };

  for (let round = 0; round < kills; round++) {
    const child = start();
    const load = store(round);
    // The kill comes at a different point in each round.
    await receiver.reached((round * MESSAGES_PER_KILL) / 2 + (round % 7));
    child.kill("SIGKILL");
    await once(child, "exit");
    await load;
  }
  start();
  await receiver.reached(kills * MESSAGES_PER_KILL);
  assert.deepEqual(new Map([...receiver.accepted].toSorted()), new Map([...sent].toSorted()));
  assert.equal(receiver.overlaps(), 0);
});
