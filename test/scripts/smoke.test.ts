import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SECRET, startTestApp } from "../support/app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { createToolbox, REPOSITORY, run, which, type CommandResult } from "./command.ts";
import { startReceiver } from "./receiver.ts";

function smoke(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  return run([which("sh"), join(REPOSITORY, "scripts/smoke.sh"), ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
}

/** The lines of failed checks, and the last line. */
function summary(result: CommandResult): readonly string[] {
  return result.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("ok "));
}

test("smoke.sh passes against the service", async (t) => {
  const { url } = await startTestApp(t);
  const result = await smoke([], { URL: url, WEBHOOK_SECRET: SECRET });
  assert.deepEqual([result.status, summary(result), result.stderr], [0, ["31 passed, 0 failed"], ""]);
});

test("smoke.sh passes twice against the service with a token, and stores a new message each time", ONLY_IN_FULL_RUN, async (t) => {
  const token = 'quoted"\\{}[1-3]*';
  const { url } = await startTestApp(t, { env: { API_TOKEN: token } });
  for (const again of [url, `${url}/`]) {
    const result = await smoke([again], { WEBHOOK_SECRET: SECRET, API_TOKEN: token });
    assert.deepEqual([result.status, summary(result)], [0, ["33 passed, 0 failed"]]);
  }
});

test("smoke.sh without a secret stores nothing and says what it leaves out", ONLY_IN_FULL_RUN, async (t) => {
  const { request, url } = await startTestApp(t);
  const result = await smoke([url]);
  assert.equal(result.status, 0);
  assert.match(result.stdout, /^WEBHOOK_SECRET is not set/m);
  assert.doesNotMatch(result.stdout, /POST \/webhook with/);
  assert.deepEqual((await request("/messages")).json, { data: [], total: 0, limit: 50, offset: 0 });
});

test("smoke.sh fails, with a line for each check, if the secret is not that of the service", ONLY_IN_FULL_RUN, async (t) => {
  const { url } = await startTestApp(t);
  const result = await smoke([url], { WEBHOOK_SECRET: "another" });
  assert.equal(result.status, 1);
  assert.match(result.stdout, /^FAIL POST \/webhook with a new message: expected 200 \{"status":"ok"\}, got 401 \{"detail":"invalid signature"\}$/m);
});

test("smoke.sh fails against a server that always responds 200", ONLY_IN_FULL_RUN, async (t) => {
  const { url } = await startReceiver(t, { status: 200, body: '{"status":"ok"}' });
  const result = await smoke([url], { WEBHOOK_SECRET: SECRET });
  assert.equal(result.status, 1);
  const failed = summary(result).filter((line) => line.startsWith("FAIL "));
  assert.equal(summary(result).at(-1), `${31 - failed.length} passed, ${failed.length} failed`);
  assert.ok(failed.some((line) => line.startsWith("FAIL POST /webhook without a signature: expected 401 ")));
});

test("smoke.sh stops after the first check if the service is unreachable", async () => {
  const result = await smoke(["http://127.0.0.1:1"], { WEBHOOK_SECRET: SECRET });
  assert.equal(result.status, 1);
  assert.equal(summary(result).length, 2);
});

for (const args of [["--colour"], ["http://127.0.0.1:1", "http://127.0.0.1:2"]]) {
  test(`smoke.sh exits with status 2 for wrong arguments: ${args.join(" ")}`, async () => {
    assert.equal((await smoke(args)).status, 2);
  });
}

test("smoke.sh exits with status 69 without curl", async (t) => {
  const PATH = createToolbox(t, ["dirname", "openssl"]);
  assert.equal((await smoke(["http://127.0.0.1:1"], { PATH })).status, 69);
});
