import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { temporaryFolder } from "../support/store.ts";
import { oneOfMany } from "../support/sweep.ts";
import { createToolbox, REPOSITORY, run, which, type CommandResult } from "./command.ts";
import { startReceiver, type Receiver } from "./receiver.ts";

const SCRIPT = join(REPOSITORY, "scripts/send.sh");
const OK = '{"status":"ok"}';

function startOk(t: TestContext): Promise<Receiver> {
  return startReceiver(t, { status: 200, body: OK });
}

function send(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  return run([which("sh"), SCRIPT, ...args], { env: { PATH: process.env["PATH"] ?? "", WEBHOOK_SECRET: "testsecret", ...env } });
}

function bodies(receiver: Receiver): readonly unknown[] {
  return receiver.received.map(({ body }) => JSON.parse(body.toString()));
}

const hostile: readonly (readonly [string, string])[] = [
  ["quotes and backslashes", 'a "b" \\ \\n \\u0041 \\'],
  ["newlines, also at the end", "\na\r\nb\n\n"],
  ["every control character", String.fromCharCode(...Array.from({ length: 31 }, (_, code) => code + 1), 127)],
  ["UTF-8 of every length", "aé€😀\u2028"],
  ["characters that the shell and printf interpret", "$HOME `id` $(id) %s%d \\0101 \\c * !"],
  ["a leading dash", "--text"],
  ["an equals sign", "a=b=c"],
  ["nothing", ""],
  ["the longest text", "é".repeat(4096)],
];
for (const [index, [title, value]] of hostile.entries()) {
  test(`send.sh sends valid JSON with exactly the given values: ${title}`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const receiver = await startOk(t);
    const fields = ["--id", value, "--from", value, "--to", value, "--ts", value, "--text", value];
    const result = await send(["--url", receiver.url, ...fields]);
    assert.deepEqual(result, { status: 0, stdout: `200 ${OK}\n`, stderr: "" });
    assert.deepEqual(bodies(receiver), [{ message_id: value, from: value, to: value, ts: value, text: value }]);
  });
}

test("send.sh signs exactly the bytes that it posts to /webhook", async (t) => {
  const receiver = await startOk(t);
  await send(["--url", `${receiver.url}/`, "--text", "a\n😀"]);
  const [request] = receiver.received;
  assert.ok(request);
  assert.deepEqual([request.method, request.target, request.contentType], ["POST", "/webhook", "application/json"]);
  assert.equal(request.signature, createHmac("sha256", "testsecret").update(request.body).digest("hex"));
});

test("send.sh has defaults: a new id each time, two numbers, the current time, and no text", async (t) => {
  const receiver = await startOk(t);
  const fromMs = Math.floor(Date.now() / 1000) * 1000;
  await send([], { URL: receiver.url });
  await send([], { URL: receiver.url });
  const toMs = Date.now();
  const ids = new Set<unknown>();
  for (const body of bodies(receiver)) {
    assert.ok(typeof body === "object" && body !== null && "message_id" in body && "ts" in body);
    ids.add(body.message_id);
    assert.match(String(body.message_id), /^send-[0-9a-f]{32}$/);
    assert.match(String(body.ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const tsMs = Date.parse(String(body.ts));
    assert.ok(tsMs >= fromMs && tsMs <= toMs);
    assert.deepEqual({ ...body, message_id: "", ts: "" }, { message_id: "", from: "+919876543210", to: "+14155550100", ts: "" });
  }
  assert.equal(ids.size, 2);
});

test("send.sh accepts --option=value, and the last value of a repeated option wins", async (t) => {
  const receiver = await startOk(t);
  await send(["--url=http://127.0.0.1:1", `--url=${receiver.url}`, "--id=a=b", "--from=+1", "--to=+2", "--ts=2025-01-15T10:00:00Z"]);
  assert.deepEqual(bodies(receiver), [{ message_id: "a=b", from: "+1", to: "+2", ts: "2025-01-15T10:00:00Z" }]);
});

for (const [index, body] of ['{"message_id": 1}\n', "", "not JSON", "-n \\n %s 😀"].entries()) {
  test(`send.sh --body sends the bytes unchanged: ${JSON.stringify(body)}`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const receiver = await startOk(t);
    assert.equal((await send(["--url", receiver.url, "--body", body])).status, 0);
    assert.deepEqual(receiver.received.map((request) => [request.body.toString(), request.signature]), [
      [body, createHmac("sha256", "testsecret").update(body).digest("hex")],
    ]);
  });
}

for (const [index, status] of [201, 204, 302, 401, 422, 503].entries()) {
  test(`send.sh prints the response and exits with status 1 on ${status}, because only 200 means stored`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const body = status === 204 ? "" : '{"detail":"no"}';
    const { url } = await startReceiver(t, { status, body });
    assert.deepEqual(await send(["--url", url]), { status: 1, stdout: `${status} ${body}\n`, stderr: "" });
  });
}

test("send.sh exits with status 69 if the service is unreachable", async () => {
  const result = await send(["--url", "http://127.0.0.1:1"]);
  assert.deepEqual([result.status, result.stdout], [69, ""]);
});

test("send.sh never passes the secret as an argument of curl, openssl or printf", async (t) => {
  const receiver = await startOk(t);
  const log = join(temporaryFolder(t), "arguments");
  const record = (tool: string): string => `${which("printf")} '%s\\n' "$0 $*" >> '${log}'\nexec '${which(tool)}' "$@"`;
  const stubs = Object.fromEntries(["curl", "openssl", "printf"].map((tool) => [tool, record(tool)]));
  const PATH = createToolbox(t, ["awk", "cat", "date", "dirname", "od", "sh"], stubs);
  assert.equal((await send(["--url", receiver.url], { PATH, WEBHOOK_SECRET: "visible-secret" })).status, 0);
  const seen = readFileSync(log, "utf8");
  assert.match(seen, /curl .*\/webhook/);
  assert.doesNotMatch(seen, /visible-secret/);
});

const refusals: readonly (readonly [string, readonly string[], Record<string, string>, number])[] = [
  ["an unknown option", ["--colour", "red"], {}, 2],
  ["an unknown option with =", ["--colour=red"], {}, 2],
  ["an option without its value", ["--text"], {}, 2],
  ["an argument that is not an option", ["hello"], {}, 2],
  ["--body together with a field", ["--body", "{}", "--text", ""], {}, 2],
  ["no secret", [], { WEBHOOK_SECRET: "" }, 2],
  ["no openssl", [], { PATH: "curl" }, 69],
  ["no curl", [], { PATH: "openssl" }, 69],
];
for (const [index, [title, args, env, status]] of refusals.entries()) {
  test(`send.sh exits with status ${status} and sends nothing: ${title}`, { skip: oneOfMany(index, { every: 5 }) }, async (t) => {
    const receiver = await startOk(t);
    const path = env["PATH"] === undefined ? {} : { PATH: createToolbox(t, ["dirname", env["PATH"]]) };
    const result = await send(args, { URL: receiver.url, ...env, ...path });
    assert.deepEqual([result.status, result.stdout, receiver.received], [status, "", []]);
    assert.notEqual(result.stderr, "");
  });
}

test("send.sh --help needs no secret", async () => {
  const result = await send(["--help"], { WEBHOOK_SECRET: "" });
  assert.equal(result.status, 0);
  assert.match(result.stdout, /^Usage: send\.sh/);
});
