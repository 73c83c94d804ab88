import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Unreachable } from "../../src/cli/request.ts";
import type { ExportCommand } from "../../src/cli/command.ts";
import { saveExport } from "../../src/cli/export.ts";
import { run, which } from "../scripts/command.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";
import { MAIN, runMain } from "./main.ts";
import { startFixedStub, startStub } from "./stub-server.ts";
import { testTerminal } from "./terminal.ts";

const NDJSON = { "Content-Type": "application/x-ndjson" };
const CSV = { "Content-Type": "text/csv; charset=utf-8" };
const LINES = '{"message_id":"m1","text":"é, ]"}\n{"message_id":"m2","text":null}\n';

function command(url: string, parts: Partial<ExportCommand> = {}): ExportCommand {
  return { name: "export", url: new URL(url), format: "ndjson", filters: {}, output: undefined, ...parts };
}

const FORMATS: readonly (readonly [format: ExportCommand["format"], sent: string, headers: Readonly<Record<string, string>>, printed: string])[] = [
  ["ndjson", LINES, NDJSON, LINES],
  ["ndjson", "", NDJSON, ""],
  ["csv", 'a,b\r\n"1\r\n",2\r\n', CSV, 'a,b\r\n"1\r\n",2\r\n'],
  ["json", LINES, NDJSON, `[\n${LINES.trimEnd().replace("\n", ",\n")}\n]\n`],
  ["json", "", NDJSON, "[]\n"],
];
for (const [format, sent, headers, printed] of FORMATS) {
  test(`export --format ${format} prints what the service sends: ${sent.length} bytes`, async (t) => {
    const stub = await startFixedStub(t, 200, sent, headers);
    const result = await runMain(["export", "--format", format], { env: { WEBHOOK_INBOX_URL: stub.url, API_TOKEN: "token" } });
    assert.deepEqual(result, { status: 0, stdout: printed, stderr: "" });
    if (format === "json") assert.ok(Array.isArray(JSON.parse(printed)));
    const [request] = stub.requests;
    assert.equal(request?.target, `/messages?format=${format === "json" ? "ndjson" : format}`);
    assert.equal(request?.headers.authorization, "Bearer token");
  });
}

test("export passes the filters on as they are given", async (t) => {
  const stub = await startFixedStub(t, 200, "", NDJSON);
  const filters = { from: "+1 2", to: "+2", since: "2025-01-15T10:00:00+05:30", until: "x&y=z", q: "a+b é%", order: "desc" };
  const args = Object.entries(filters).map(([name, value]) => `--${name}=${value}`);
  assert.equal((await runMain(["export", ...args], { env: { WEBHOOK_INBOX_URL: stub.url } })).status, 0);
  const target = stub.requests[0]?.target ?? "";
  assert.deepEqual(Object.fromEntries(new URLSearchParams(target.slice(target.indexOf("?")))), { ...filters, format: "ndjson" });
  assert.ok(!target.includes("+"));
});

test("a refused export exits with 1, or with 69 if it may succeed later, and prints and writes nothing", async (t) => {
  const cases: readonly (readonly [status: number, url: string])[] = [
    [1, (await startFixedStub(t, 422, '{"detail":[{"loc":["query","since"]}]}')).url],
    [1, (await startFixedStub(t, 401, '{"detail":"unauthorized"}')).url],
    [69, (await startFixedStub(t, 503, '{"detail":"busy"}')).url],
    [1, (await startFixedStub(t, 200, '{"data":[]}', { "Content-Type": "application/json" })).url],
    [1, (await startFixedStub(t, 200, "")).url],
  ];
  const folder = temporaryFolder(t);
  for (const [status, url] of cases) {
    const terminal = testTerminal();
    assert.equal(await saveExport(terminal, command(url, { output: join(folder, "x") })), status);
    assert.deepEqual([terminal.printed(), terminal.complaints.length, readdirSync(folder)], ["", 1, []]);
  }
});

test("an export that is cut off exits with 69, leaves no new file and keeps an existing one", async (t) => {
  const stub = await startStub(t, (response) => response.writeHead(200, NDJSON).write(LINES, () => response.destroy()));
  const folder = temporaryFolder(t);
  await assert.rejects(saveExport(testTerminal(), command(stub.url, { output: join(folder, "new") })), Unreachable);
  writeFileSync(join(folder, "old"), "precious");
  const { status, stderr } = await runMain(["export", "--output", join(folder, "old")], { env: { WEBHOOK_INBOX_URL: stub.url } });
  assert.equal(status, 69);
  assert.match(stderr, /^[^\n]+\n$/);
  assert.deepEqual(readdirSync(folder), ["old"]);
  assert.equal(readFileSync(join(folder, "old"), "utf8"), "precious");
  assert.equal((await runMain(["export"], { env: { WEBHOOK_INBOX_URL: "http://127.0.0.1:1" } })).status, 69);
});

test("export --output replaces a file completely, keeps its mode and follows a link to it", async (t) => {
  const { url } = await startFixedStub(t, 200, LINES, NDJSON);
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "file"), "a long text that was there before".repeat(10));
  chmodSync(join(folder, "file"), 0o600);
  symlinkSync("file", join(folder, "link"));
  const result = await runMain(["export", "--output", "link"], { env: { WEBHOOK_INBOX_URL: url }, cwd: folder });
  assert.deepEqual(result, { status: 0, stdout: "", stderr: "" });
  assert.deepEqual(readdirSync(folder), ["file", "link"]);
  assert.equal(readFileSync(join(folder, "file"), "utf8"), LINES);
  assert.equal(statSync(join(folder, "file")).mode & 0o777, 0o600);
});

test("export --output refuses what is not a regular file, and reports a write error", async (t) => {
  const { url } = await startFixedStub(t, 200, LINES.repeat(10_000), NDJSON);
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "a folder"));
  const env = { WEBHOOK_INBOX_URL: url };
  const cases = [
    await runMain(["export", "--output", "a folder"], { env, cwd: folder }),
    await runMain(["export", "--output", "/dev/null"], { env, cwd: folder }),
    await runMain(["export", "--output", "missing/x"], { env, cwd: folder }),
    await runMain(["export", "--output", "x"], { env, cwd: folder, limit: "-f 10" }),
  ];
  for (const { status, stdout, stderr } of cases) {
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^[^\n]+\n$/);
  }
  assert.deepEqual(readdirSync(folder), ["a folder"]);
});

test("a signal removes the unfinished file of an export", async (t) => {
  const folder = temporaryFolder(t);
  let cleanUp = (): void => assert.fail("a cleanup is registered first");
  const stub = await startStub(t, (response) => {
    response.writeHead(200, NDJSON).write(LINES);
  });
  const left: number[] = [];
  const terminal = testTerminal({
    beforeKilled: (given) => {
      cleanUp = given;
    },
    screen: () => {
      if (left.length > 0) return;
      left.push(readdirSync(folder).length);
      cleanUp();
      left.push(readdirSync(folder).length);
      setImmediate(() => stub.disconnect());
    },
  });
  await assert.rejects(saveExport(terminal, command(stub.url, { output: join(folder, "x") })));
  assert.deepEqual(left, [1, 0]);
});

test("| head ends an export without an error message", async (t) => {
  const { url } = await startFixedStub(t, 200, LINES.repeat(50_000), NDJSON);
  const script = '{ "$1" "$2" export; echo $? >&2; } | head -n 2';
  const result = await run([which("sh"), "-c", script, "sh", process.execPath, MAIN], {
    env: { ...COMPILE_CACHE, PATH: process.env["PATH"] ?? "", WEBHOOK_INBOX_URL: url },
  });
  assert.deepEqual(result, { status: 0, stdout: LINES, stderr: "0\n" });
});

test("export shows on a terminal how much it has written", async (t) => {
  const { url } = await startFixedStub(t, 200, LINES, NDJSON);
  const shown: string[] = [];
  assert.equal(await saveExport(testTerminal({ screen: (text) => shown.push(text) }), command(url)), 0);
  assert.match(shown[0] ?? "", /export 0\.0 MB, 0 s/);
});
