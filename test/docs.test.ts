import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { routeAccess } from "../src/api/operation.ts";
import { OPERATIONS } from "../src/api/operations.ts";
import type { DeliveryFacts } from "../src/core/exchange.ts";
import { STATUS } from "../src/http/respond.ts";
import { METRICS, type Metric } from "../src/telemetry/metrics.ts";
import { requestLine } from "../src/telemetry/log-line.ts";
import { readMessage } from "../src/validation/message.ts";
import { parseMessageQuery } from "../src/validation/query.ts";
import { MAIN } from "./cli/main.ts";
import { createToolbox, REPOSITORY, run, which } from "./scripts/command.ts";
import { startTestApp, type TestApp } from "./support/app.ts";
import { codeSpans, parseMarkdown, type CodeBlock, type Section } from "./support/markdown.ts";
import { sharedApp } from "./support/shared-app.ts";
import { oneOfMany } from "./support/sweep.ts";
import { parseExposition, type ParsedExposition } from "./telemetry/exposition-parser.ts";

const SECTIONS = readPage("README.md");
const API = readPage("src/api/README.md");
const CLI = readPage("src/cli/README.md");
const WATCHING = readPage("ops/metrics-and-logs.md");

const FIRST_COMMANDS = `WEBHOOK_SECRET=testsecret make run          # terminal 1: installs, builds, listens on 127.0.0.1:8000

BODY='{"message_id":"m1","from":"+919876543210","to":"+14155550100","ts":"2025-01-15T10:00:00Z","text":"Hello"}'
SIG=$(printf '%s' "$BODY" | openssl dgst -sha256 -hmac "testsecret" -binary | xxd -p -c 256)
curl -X POST http://localhost:8000/webhook -H "Content-Type: application/json" -H "X-Signature: $SIG" -d "$BODY"
curl "http://localhost:8000/messages?from=+919876543210&limit=2"
curl http://localhost:8000/stats; curl http://localhost:8000/health/ready; curl http://localhost:8000/metrics`;

function readPage(path: string): ReadonlyMap<string, Section> {
  return parseMarkdown(readFileSync(join(REPOSITORY, path), "utf8"));
}

function section(heading: string, page = SECTIONS): Section {
  const found = page.get(heading);
  assert.ok(found, `the page has the heading ${heading}`);
  return found;
}

/** The rows of a table, with the code spans of each cell; `–` and other prose are left out. */
function spanRows(heading: string, page = SECTIONS): readonly (readonly (readonly string[])[])[] {
  return section(heading, page).rows.map((row) => row.map(codeSpans));
}

function sorted(values: Iterable<string>): readonly string[] {
  return [...values].sort();
}

test("README.md shows the first commands, which start the service and call its endpoints", () => {
  assert.deepEqual(section("Try it").codeBlocks[0], { language: "bash", text: FIRST_COMMANDS });
});

const RECORD_SEPARATOR = "\u001e";

/** Runs all commands of a page in one shell, from top to bottom, and returns the output of each block. */
async function runCommands(t: TestContext, blocks: readonly CodeBlock[], url: string): Promise<readonly string[]> {
  const commands = blocks.map(({ text }) => text.replace(/^.*\bmake run\b.*$/m, "").replaceAll("http://localhost:8000", url).replaceAll("sh scripts/node.sh dist/main.js", "webhook-inbox"));
  // xxd comes with vim and is missing on many machines; this replacement is used only if it is missing.
  const stubs = createToolbox(t, [], { xxd: "od -An -v -tx1 | tr -d ' \\n'; echo", "webhook-inbox": `exec '${process.execPath}' '${MAIN}' "$@"` });
  const result = await run([which("sh"), "-c", commands.join("\nprintf '\\036'\n")], {
    cwd: REPOSITORY,
    env: { PATH: `${process.env["PATH"] ?? ""}:${stubs}`, URL: url },
  });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.split(RECORD_SEPARATOR);
}

/** Replaces values that differ from run to run. */
function normalize(text: string): string {
  return text
    .replace(/^\{"ts":"[^"]+"/, '{"ts":""')
    .replaceAll(/("(?:created_at|request_id)":)"[^"]*"/g, '$1""')
    .replaceAll(/("latency_ms":)[0-9.]+/g, "$10");
}

/** `shown` may break lines anywhere, and `…` in it matches anything. */
function assertShows(shown: string, actual: string): void {
  const pattern = normalize(shown).replaceAll("\n", "").split("…").map(RegExp.escape).join(".*");
  assert.match(normalize(actual).replaceAll(/\r?\n/g, ""), new RegExp(`^${pattern}$`));
}

async function assertRuns(t: TestContext, page: ReadonlyMap<string, Section>, app: TestApp): Promise<void> {
  const blocks = page.values().flatMap(({ codeBlocks }) => codeBlocks).toArray();
  const commands = blocks.filter(({ language }) => language === "bash");
  const outputs = await runCommands(t, commands, app.url);
  assert.equal(outputs.length, commands.length);
  for (const [index, command] of commands.entries()) {
    const shown = blocks[blocks.indexOf(command) + 1];
    assert.equal(shown?.language, "text", `output follows ${command.text}`);
    assertShows(shown.text, outputs[index] ?? "");
  }
}

for (const [index, [name, page]] of ([["src/api/README.md", API], ["src/cli/README.md", CLI]] as const).entries()) {
  test(`the commands of ${name} print the output that the page shows`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    await assertRuns(t, page, await startTestApp(t));
  });
}

test("the commands of README.md print the output that it shows, and log the line that ops/metrics-and-logs.md shows", async (t) => {
  const app = await startTestApp(t);
  await assertRuns(t, SECTIONS, app);
  const [logged] = section("Logs", WATCHING).codeBlocks;
  await app.requestLines(1);
  const delivery = app.rawLog().split("\n").find((line) => line.includes('"result":"created"'));
  assert.equal(normalize(delivery ?? ""), normalize(logged?.text ?? ""));
});

test("the table of endpoints lists the operations of the OpenAPI document", () => {
  assert.deepEqual(
    section("Endpoints").rows.map(([method, path, token]) => [method, path, token]),
    Object.values(OPERATIONS).map((operation) => [operation.method, `\`${operation.path}\``, routeAccess(operation) === "token" ? "yes" : "no"]),
  );
});

test("the table of fields names each field of a message, and whether it is required", () => {
  const rows = section("POST /webhook", API).rows;
  const names = (wanted: (needed: string) => boolean): readonly string[] =>
    sorted(rows.flatMap(([field = "", needed = ""]) => (wanted(needed) ? codeSpans(field) : [])));
  const invalidFields = (body: Readonly<Record<string, unknown>>): readonly string[] => {
    const parsed = readMessage(body);
    return sorted(parsed.ok ? [] : parsed.error.errors.map(({ loc }) => loc[1] ?? ""));
  };
  assert.deepEqual(names(() => true), invalidFields({ text: 0 }));
  assert.deepEqual(names((needed) => needed === "yes"), invalidFields({}));
});

test("the table of parameters names each parameter of a list, with its default", () => {
  const rows = spanRows("GET /messages and /messages/{message_id}", API);
  const source = readFileSync(join(REPOSITORY, "src/validation/query.ts"), "utf8");
  const read = source.matchAll(/\breader\.(?!refuse)\w+\("(\w+)"/g);
  assert.deepEqual(sorted(rows.map(([[name = ""] = []]) => name)), sorted(Array.from(read, ([, name = ""]) => name)));
  const defaults = rows.flatMap(([names = [], values = []]) => values.map((value) => [names[0], Number(value)]));
  assert.deepEqual(parseMessageQuery(""), { ok: true, value: Object.fromEntries(defaults) });
});

const shared = sharedApp();

async function scrape(): Promise<ParsedExposition> {
  const app = await shared();
  return parseExposition((await app.request("/metrics")).body);
}

function labelValues(exposition: ParsedExposition, family: string, label: string): readonly string[] {
  const pattern = new RegExp(`^${family}\\{.*\\b${label}="([^"]*)"`);
  return Array.from(exposition.samples.keys(), (series) => pattern.exec(series)?.[1]).filter((value) => value !== undefined);
}

test("the table of outcomes has every refusal with its status, and every result of a delivery", async () => {
  const rows = section("Status codes").rows.map(([status, outcome = "", result]) => ({ status: Number(status), outcome: codeSpans(outcome)[0] ?? "", result }));
  assert.deepEqual(
    Object.fromEntries(rows.map(({ outcome, status }) => [outcome, status])),
    { created: 200, duplicate: 200, ...STATUS },
  );
  const results = rows.filter(({ result }) => result === "yes").map(({ outcome }) => outcome);
  assert.deepEqual(sorted(results), sorted(labelValues(await scrape(), "webhook_requests_total", "result")));
});

test("the table of metrics has a row for each metric of the service, and names the fixed values of its labels", async () => {
  const exposition = await scrape();
  const rows: readonly Metric[] = Object.values(METRICS);
  const shown = section("Metrics", WATCHING).rows.filter(([name = ""]) => !name.includes("*"));
  assert.deepEqual(
    shown,
    rows.map(({ name, type, labelNames, help }) => [`\`${name}\``, type, labelNames.map((label) => `\`${label}\``).join(", ") || "–", help]),
  );
  const families = exposition.types.keys().filter((name) => !/^(?:process|nodejs)_/.test(name));
  assert.deepEqual([...families], rows.map(({ name }) => name));

  for (const { name, labelNames, help } of rows) {
    for (const label of labelNames.filter((one) => one === "reason" || one === "secret")) assert.deepEqual(codeSpans(help), labelValues(exposition, name, label));
  }
});

test("the table of log fields has every field of the log line of a request", () => {
  const exchange = { requestId: "r", method: "POST", path: "/webhook", route: "/webhook", status: 200, durationMs: 1, fault: "f", traceId: "t", client: "c", errors: [{ loc: ["body"], msg: "m", type: "e" }] };
  const deliveries: readonly DeliveryFacts[] = [
    { result: "duplicate", messageId: "m1", warnings: ["w"], counts: { format: "whatsapp", created: 0, duplicates: 0, conflicts: 1, ignored: 0 } },
    { result: "invalid_signature", signature: "missing", hint: "h" },
  ];
  const lines = [
    ...deliveries.map((delivery) => requestLine("now", "INFO", { ...exchange, delivery })),
    requestLine("now", "INFO", { ...exchange, stream: { durationMs: 1, ended: "complete" } }),
  ];
  const fields = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line))));
  assert.deepEqual(sorted(spanRows("Logs", WATCHING).flatMap(([names = []]) => names)), sorted(fields));
});

test("the speed figures in README.md are those of the benchmarks' page", () => {
  const results = [...readPage("scripts/bench/README.md").values()].flatMap(({ rows }) => rows);
  const shown = section("Speed").rows;
  assert.equal(shown.length, 6);
  assert.deepEqual(shown.filter(([what, measured]) => !results.some((row) => row[0] === what && row[1] === measured)), []);
});

test("the seconds in ops/README.md that are from the cluster run are those of its table in test/README.md", () => {
  const measured = new Set(section("Torture of a cluster", readPage("test/README.md")).rows.map(([, , seconds]) => seconds));
  // The first two rows, and the first figure of the third, are from another run.
  const seconds = section("Failures", readPage("ops/README.md")).rows.filter((row) => row.length === 4).slice(2).map((row) => row[3] ?? "");
  const shown = seconds.flatMap((cell) => cell.replace(/^[\d.]+, or /, "").match(/\d+\.\d+/g) ?? []);
  assert.ok(shown.length >= 5);
  assert.deepEqual(shown.filter((figure) => !measured.has(figure)), []);
});

/** The other parts of `src` that a file, or the files of a folder, import, by name without extension. */
function importsOf(path: string): readonly string[] {
  const folder = path.endsWith("/");
  const files = folder ? readdirSync(join(REPOSITORY, path), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts")) : [""];
  const specifiers = files.flatMap((name) => {
    const up = folder ? "../".repeat(name.split("/").length) : "./";
    const source = readFileSync(join(REPOSITORY, path, name), "utf8");
    return Array.from(source.matchAll(/\b(?:from|import)\s*\(?"(\.[^"]+)"/g), ([, specifier = ""]) => specifier)
      .filter((specifier) => specifier.startsWith(up) && !specifier.startsWith(`${up}../`))
      .map((specifier) => specifier.slice(up.length));
  });
  return sorted(new Set(specifiers.map((specifier) => specifier.split(/[/.]/)[0] ?? "")));
}

test("the table of parts lists every folder of src, and what each part imports", () => {
  const rows = section("Layout", readPage("src/README.md")).rows;
  const parts = rows.flatMap(([part = ""]) => codeSpans(part));
  const folders = readdirSync(join(REPOSITORY, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(sorted(parts.filter((part) => part.endsWith("/"))), sorted(folders.map(({ name }) => `src/${name}/`)));
  for (const [part = "", , imports = ""] of rows) {
    assert.deepEqual(imports === "nothing" ? [] : imports.split(", "), importsOf(codeSpans(part)[0] ?? ""), part);
  }
});
