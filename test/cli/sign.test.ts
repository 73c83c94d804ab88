import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY, run, which } from "../scripts/command.ts";
import { delivery, startTestApp } from "../support/app.ts";
import { temporaryFolder } from "../support/store.ts";
import { oneOfMany, sweep } from "../support/sweep.ts";
import { runMain } from "./main.ts";

const BODIES: readonly (readonly [title: string, body: Buffer])[] = [
  ["JSON", Buffer.from('{"message_id":"m1"}')],
  ["nothing", Buffer.alloc(0)],
  ["line feeds at the end", Buffer.from("a\n\n")],
  ["bytes that are not UTF-8", Buffer.from([0, 0xff, 0x0d, 0x0a, 0xc3])],
  ["more than a pipe holds", Buffer.alloc(300_000, "x")],
];

for (const [index, [title, body]] of BODIES.entries()) {
  test(`sign prints the HMAC of the exact bytes, from a pipe and from a file: ${title}`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const env = { WEBHOOK_SECRET: "testsecret" };
    const file = join(temporaryFolder(t), "a body");
    writeFileSync(file, body);
    const expected = { status: 0, stdout: `${createHmac("sha256", "testsecret").update(body).digest("hex")}\n`, stderr: "" };
    assert.deepEqual(await runMain(["sign"], { env, input: body }), expected);
    assert.deepEqual(await runMain(["sign", file], { env }), expected);
  });
}

test("sign and scripts/sign.sh agree, even for a secret beyond ASCII", async () => {
  const env = { WEBHOOK_SECRET: "geheimnis-äß€😀", PATH: process.env["PATH"] ?? "" };
  const script = await run([which("sh"), join(REPOSITORY, "scripts/sign.sh")], { env, input: "body" });
  assert.equal((await runMain(["sign"], { env, input: "body" })).stdout, script.stdout);
});

test("sign uses an unusual secret as it is, and warns about it on standard error", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "CANARY \n");
  for (const [env, secret, name] of [
    [{ WEBHOOK_SECRET: "CANARY\r" }, "CANARY\r", "WEBHOOK_SECRET"],
    [{ WEBHOOK_SECRET_FILE: file }, "CANARY ", "WEBHOOK_SECRET_FILE"],
  ] as const) {
    const { status, stdout, stderr } = await runMain(["sign"], { env, input: "body" });
    assert.deepEqual([status, stdout], [0, `${createHmac("sha256", secret).update("body").digest("hex")}\n`]);
    assert.match(stderr, new RegExp(`^${name}: [^\\n]+\\n$`));
    assert.doesNotMatch(stderr, /CANARY/);
  }
});

test("sign uses the first line of WEBHOOK_SECRET_FILE", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "current\nprevious\n");
  const { stdout } = await runMain(["sign"], { env: { WEBHOOK_SECRET_FILE: file }, input: "body" });
  assert.equal(stdout, `${createHmac("sha256", "current").update("body").digest("hex")}\n`);
});

test("sign --standard reproduces the published example of Standard Webhooks", async () => {
  const { status, stdout } = await runMain(["sign", "--standard", "--id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "--timestamp", "1614265330"], {
    env: { WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
    input: '{"test": 2432232314}',
  });
  assert.equal(status, 0);
  assert.equal(
    stdout,
    "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\nwebhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n",
  );
});

test("the service accepts the headers of sign --standard, which have a new id and the current time", async (t) => {
  const app = await startTestApp(t);
  const body = JSON.stringify(delivery());
  const { stdout } = await runMain(["sign", "--standard"], { env: { WEBHOOK_SECRET: "testsecret" }, input: body });
  const headers = Object.fromEntries(stdout.trimEnd().split("\n").map((line) => line.split(": ")));
  assert.match(headers["webhook-id"], /^msg_[0-9a-f]{32}$/);
  assert.equal((await app.request("/webhook", { method: "POST", headers, body })).status, 200);
});

test("sign exits with 78 for an invalid secret and with 1 for an unreadable file, and says so in one line", async (t) => {
  const cases: readonly (readonly [number, readonly string[], Readonly<Record<string, string>>])[] = [
    [78, [], {}],
    [78, [], { WEBHOOK_SECRET: "whsec_no base64" }],
    [78, [], { WEBHOOK_SECRET_FILE: "missing" }],
    [1, ["missing"], { WEBHOOK_SECRET: "testsecret" }],
    [1, ["."], { WEBHOOK_SECRET: "testsecret" }],
  ];
  const cwd = temporaryFolder(t);
  for (const [status, args, env] of sweep(t, cases, { every: 2 })) {
    const result = await runMain(["sign", ...args], { env, cwd });
    assert.deepEqual([result.status, result.stdout], [status, ""]);
    assert.match(result.stderr, /^[^\n]+\n$/);
    assert.ok(!result.stderr.includes("no base64"));
  }
});
