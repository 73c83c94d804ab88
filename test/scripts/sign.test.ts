import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/store.ts";
import { oneOfMany } from "../support/sweep.ts";
import { createToolbox, REPOSITORY, run, which, type CommandResult } from "./command.ts";

const SCRIPT = join(REPOSITORY, "scripts/sign.sh");
const TOOLS = ["cat", "od", "openssl"];

function sign(args: readonly string[], env: Record<string, string>, input: string | Uint8Array = ""): Promise<CommandResult> {
  return run([which("sh"), SCRIPT, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env }, input });
}

function expected(secret: string, body: string | Uint8Array): string {
  return `${createHmac("sha256", secret).update(body).digest("hex")}\n`;
}

const everyOctet = Uint8Array.from({ length: 256 }, (_, octet) => octet);
const bodies: readonly (readonly [string, string | Uint8Array])[] = [
  ["an empty body", ""],
  ["one NUL", "\u0000"],
  ["every octet", everyOctet],
  ["a newline at the end", '{"a":1}\n'],
  ["two newlines at the end", "\n\n"],
  ["carriage returns", "a\r\nb\r"],
  ["UTF-8 of every length", "aé€😀"],
  ["characters that printf and echo interpret", "%s%d\\n\\0101\\c"],
  ["more than a pipe holds", "x".repeat(200_000)],
];
for (const [index, [title, body]] of bodies.entries()) {
  test(`sign.sh signs standard input byte for byte: ${title}`, { skip: oneOfMany(index, { every: 2 }) }, async () => {
    assert.deepEqual(await sign([], { WEBHOOK_SECRET: "testsecret" }, body), { status: 0, stdout: expected("testsecret", body), stderr: "" });
  });
}

const secrets: readonly (readonly [string, string])[] = [
  ["spaces", " two words "],
  ["quotes and expansions", "'\"`id`$HOME"],
  ["a leading dash", "-hmac"],
  ["backslashes and percent signs", "\\0101\\c%s"],
  ["a pattern", "*"],
  ["UTF-8", "clé😀"],
  ["control characters", "\u0001\t\u007f"],
  ["a newline at the end", "secret\n"],
  ["a zero", "0"],
  ["63 octets", "k".repeat(63)],
  ["64 octets, the block size", "k".repeat(64)],
  ["65 octets, which HMAC hashes first", "k".repeat(65)],
  ["200 octets in 100 characters", "é".repeat(100)],
];
for (const [index, [title, secret]] of secrets.entries()) {
  test(`sign.sh uses the bytes of a secret unchanged: ${title}`, { skip: oneOfMany(index, { every: 3 }) }, async () => {
    assert.equal((await sign([], { WEBHOOK_SECRET: secret }, '{"a":1}')).stdout, expected(secret, '{"a":1}'));
  });
}

test("sign.sh works the same in a UTF-8 locale", async () => {
  const env = { WEBHOOK_SECRET: "clé", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  assert.equal((await sign([], env, everyOctet)).stdout, expected("clé", everyOctet));
});

const bodyArguments: readonly (readonly [string, readonly string[], string])[] = [
  ["unchanged, without an added newline", ['{"a":1}'], '{"a":1}'],
  ["with a newline at its end", ["a\n"], "a\n"],
  ["empty", [""], ""],
  ["after --, beginning with a dash", ["--", "--help"], "--help"],
  ["UTF-8 and backslashes", ["é😀\\n%s"], "é😀\\n%s"],
];
for (const [index, [title, args, body]] of bodyArguments.entries()) {
  test(`sign.sh signs an argument: ${title}`, { skip: oneOfMany(index, { every: 3 }) }, async () => {
    const result = await sign(args, { WEBHOOK_SECRET: "testsecret" }, "standard input is not read");
    assert.equal(result.stdout, expected("testsecret", body));
  });
}

test("sign.sh never passes the secret as an argument of a process", async (t) => {
  const log = join(temporaryFolder(t), "arguments");
  const record = (tool: string): string => `printf '%s\\n' "$0 $*" >> '${log}'\nexec '${which(tool)}' "$@"`;
  const stubs = Object.fromEntries([...TOOLS, "printf"].map((tool) => [tool, record(tool)]));
  const secret = "visible-secret".repeat(10);
  const result = await sign([], { PATH: createToolbox(t, [], stubs), WEBHOOK_SECRET: secret }, "body");
  assert.equal(result.stdout, expected(secret, "body"));
  const seen = readFileSync(log, "utf8");
  assert.match(seen, /openssl dgst/);
  assert.doesNotMatch(seen, /visible-secret|printf/);
});

const keys: readonly (readonly [string, string, string | Uint8Array])[] = [
  ["whsec_ and base64", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64")],
  ["base64 with padding, of every octet", `whsec_${Buffer.from(everyOctet).toString("base64")}`, everyOctet],
  ["text", "testsecret", "testsecret"],
];
for (const [title, secret, key] of keys) {
  test(`sign.sh --webhook-id prints the headers of Standard Webhooks, with a secret of ${title}`, async () => {
    const earliest = Math.floor(Date.now() / 1000);
    const { status, stdout } = await sign(["--webhook-id", "msg_%s\\n", "--", "-{}"], { WEBHOOK_SECRET: secret });
    const [, timestamp = ""] = /^webhook-timestamp: (\d+)$/m.exec(stdout) ?? [];
    assert.ok(Number(timestamp) >= earliest && Number(timestamp) <= Date.now() / 1000, stdout);
    const signature = createHmac("sha256", key).update(`msg_%s\\n.${timestamp}.-{}`).digest("base64");
    assert.deepEqual([status, stdout], [0, `webhook-id: msg_%s\\n\nwebhook-timestamp: ${timestamp}\nwebhook-signature: v1,${signature}\n`]);
  });
}

const refusals: readonly (readonly [string, readonly string[], Record<string, string>, number])[] = [
  ["no secret", ["{}"], {}, 2],
  ["an empty secret", ["{}"], { WEBHOOK_SECRET: "" }, 2],
  ["two arguments", ["a", "b"], { WEBHOOK_SECRET: "testsecret" }, 2],
  ["an unknown option", ["-x"], { WEBHOOK_SECRET: "testsecret" }, 2],
  ["no webhook-id after its option", ["--webhook-id"], { WEBHOOK_SECRET: "testsecret" }, 2],
  ["a webhook-id with a space", ["--webhook-id", "a b", "{}"], { WEBHOOK_SECRET: "testsecret" }, 2],
  ["a whsec_ secret without base64", ["--webhook-id", "a", "{}"], { WEBHOOK_SECRET: "whsec_" }, 2],
  ["no openssl", ["{}"], { WEBHOOK_SECRET: "testsecret", PATH: "" }, 69],
];
for (const [index, [title, args, env, status]] of refusals.entries()) {
  test(`sign.sh exits with status ${status} and prints no signature: ${title}`, { skip: oneOfMany(index, { every: 4 }) }, async () => {
    const result = await sign(args, env);
    assert.deepEqual([result.status, result.stdout], [status, ""]);
    assert.notEqual(result.stderr, "");
    assert.doesNotMatch(result.stderr, /testsecret/);
  });
}

test("sign.sh prints no signature if openssl fails", async (t) => {
  const PATH = createToolbox(t, ["cat", "od"], { openssl: "exit 1" });
  const result = await sign(["{}"], { PATH, WEBHOOK_SECRET: "testsecret" });
  assert.deepEqual([result.status, result.stdout], [69, ""]);
});

test("sign.sh --help needs neither a secret nor input", async () => {
  const result = await sign(["--help"], {});
  assert.equal(result.status, 0);
  assert.match(result.stdout, /^Usage: sign\.sh/);
});
