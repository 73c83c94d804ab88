import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Command } from "../../src/cli/command.ts";
import { OPTIONS_OF, parseCommandLine } from "../../src/cli/command-line.ts";
import { COMMANDS, isCommandName, synopsis, usage } from "../../src/cli/usage.ts";
import { REPOSITORY, run, which } from "../scripts/command.ts";
import { at } from "../support/json.ts";
import { parseMarkdown } from "../support/markdown.ts";
import { MAIN, runMain } from "./main.ts";

const NO_FIELDS = { id: undefined, from: undefined, to: undefined, ts: undefined, text: undefined };
const URL_GIVEN = new URL("http://host:9000/inbox");

const ACCEPTED: readonly (readonly [args: readonly string[], command: Command])[] = [
  [[], { name: "serve" }],
  [["serve"], { name: "serve" }],
  [["send"], { name: "send", url: undefined, what: { fields: NO_FIELDS }, retry: false }],
  [
    ["send", "--id", "a", "--from", "+1", "--to", "+2", "--ts", "now", "--text", "", "--retry", "--url", "http://host:9000/inbox"],
    { name: "send", url: URL_GIVEN, what: { fields: { id: "a", from: "+1", to: "+2", ts: "now", text: "" } }, retry: true },
  ],
  [["send", "--id=a=b", "--text=-x", "--text=--y"], { name: "send", url: undefined, what: { fields: { ...NO_FIELDS, id: "a=b", text: "--y" } }, retry: false }],
  [["send", "--body", ""], { name: "send", url: undefined, what: { body: "" }, retry: false }],
  [["send", "--file", "-"], { name: "send", url: undefined, what: { file: "-" }, retry: false }],
  [["sign"], { name: "sign", file: undefined, standard: undefined }],
  [["sign", "a b"], { name: "sign", file: "a b", standard: undefined }],
  [["sign", "--standard"], { name: "sign", file: undefined, standard: { id: undefined, timestampSeconds: undefined } }],
  [["sign", "--standard", "--id", "m", "--timestamp", "0", "f"], { name: "sign", file: "f", standard: { id: "m", timestampSeconds: 0 } }],
  [["tail"], { name: "tail", url: undefined, after: undefined }],
  [["tail", "--after", "0", "--url=http://host:9000/inbox"], { name: "tail", url: URL_GIVEN, after: 0 }],
  [["tail", "--after", "9007199254740991"], { name: "tail", url: undefined, after: 9007199254740991 }],
  [
    ["forward", "--to", "https://a:b@host/x/?y=1"],
    { name: "forward", url: undefined, to: new URL("https://a:b@host/x/?y=1"), position: "webhook-inbox-forward.json", after: 0, concurrency: 8, deadLetter: undefined, metricsPort: undefined },
  ],
  [
    ["forward", "--to", "http://host", "--url", "http://host:9000/inbox", "--position", "p", "--after", "7", "--concurrency", "1", "--dead-letter", "d", "--max-attempts", "1", "--metrics-port", "0"],
    { name: "forward", url: URL_GIVEN, to: new URL("http://host"), position: "p", after: 7, concurrency: 1, deadLetter: { file: "d", maxAttempts: 1 }, metricsPort: 0 },
  ],
  [["export"], { name: "export", url: undefined, format: "ndjson", filters: {}, output: undefined }],
  [
    ["export", "--format", "csv", "--from", "+1", "--to", "+2", "--since", "a", "--until", "b", "--q", "", "--order", "desc", "--output", "x.csv"],
    { name: "export", url: undefined, format: "csv", filters: { from: "+1", to: "+2", since: "a", until: "b", q: "", order: "desc" }, output: "x.csv" },
  ],
  [["erase", "--id", "a b"], { name: "erase", url: undefined, what: { id: "a b" } }],
  [["erase", "--from", "+1", "--url", "http://host:9000/inbox"], { name: "erase", url: URL_GIVEN, what: { from: "+1" } }],
  [["backup", "a b.db"], { name: "backup", target: "a b.db" }],
  [["backup", "--", "--odd"], { name: "backup", target: "--odd" }],
  [["verify"], { name: "verify", file: undefined, rebuild: false }],
  [["verify", "x.db"], { name: "verify", file: "x.db", rebuild: false }],
  [["verify", "--rebuild"], { name: "verify", file: undefined, rebuild: true }],
  [["verify", "x.db", "--rebuild"], { name: "verify", file: "x.db", rebuild: true }],
  [["openapi"], { name: "openapi" }],
  [["--help"], { name: "help", of: undefined }],
  [["-h"], { name: "help", of: undefined }],
  [["serve", "--help"], { name: "help", of: "serve" }],
  [["verify", "--help", "--retry"], { name: "help", of: "verify" }],
  [["export", "--format", "xml", "-h"], { name: "help", of: "export" }],
  [["--version"], { name: "version" }],
];

for (const [args, command] of ACCEPTED) {
  test(`[${args.join(" ")}] is parsed as ${command.name}`, () => {
    assert.deepEqual(parseCommandLine(args), { ok: true, value: command });
  });
}

const REFUSED: readonly (readonly string[])[] = [
  ["bakcup"], ["constructor"], [""], ["--rebuild"], ["serve", "--rebuild"], ["serve", "x"], ["backup"], ["backup", ""], ["backup", "a", "b"],
  ["backup", "--rebuild", "a"], ["verify", ""], ["verify", "a", "b"], ["verify", "--rebuild=yes"], ["--nope"], ["-x"], ["un\nknown"], ["--un\nknown"],
  ["send", "hello"], ["send", "--text"], ["send", "--text", "--id"], ["send", "--body", "{}", "--text", ""], ["send", "--file", "f", "--id", "a"],
  ["send", "--file", "f", "--body", "{}"], ["send", "--file", ""], ["send", "--after", "1"], ["send", "--retry=yes"],
  ["send", "--url", ""], ["send", "--url", "host:8000"], ["send", "--url", "ftp://host"], ["tail", "--url", "http://host?x"], ["export", "--url", "http://host#"],
  ["sign", "a", "b"], ["sign", ""], ["sign", "--id", "m"], ["sign", "--timestamp", "1"], ["sign", "--standard", "--id", "a b"], ["sign", "--standard", "--id", ""],
  ["sign", "--standard", "--timestamp", "1.5"], ["tail", "x"], ["tail", "--after", "x"], ["tail", "--after=-1"], ["tail", "--after", ""], ["tail", "--after", "9007199254740992"],
  ["erase"], ["erase", "--id", ""], ["erase", "--from", ""], ["erase", "--id", "a", "--from", "+1"], ["erase", "a"], ["erase", "--to", "+1"],
  ["forward"], ["forward", "--to", ""], ["forward", "--to", "host"], ["forward", "--to", "ftp://host"], ["forward", "--to", "http://host#x"], ["forward", "--to", "http://host", "x"],
  ...["--concurrency=0", "--concurrency=1001", "--max-attempts=3", "--dead-letter=", "--position=", "--after=x", "--metrics-port=65536"].map((option) => ["forward", "--to", "http://host", option]),
  ["forward", "--to", "http://host", "--dead-letter", "d", "--max-attempts", "0"], ["openapi", "x"], ["openapi", "--output", "x"], ["export", "x"], ["export", "--format", "xml"], ["export", "--format", "constructor"], ["export", "--order", "up"], ["export", "--output", ""], ["export", "--id", "x"],
];

for (const args of REFUSED) {
  test(`${JSON.stringify(args)} is refused in one line that points to the help`, () => {
    const parsed = parseCommandLine(args);
    assert.ok(!parsed.ok);
    const [name = ""] = args;
    const help = isCommandName(name) && name !== "serve" ? `${name} --help` : "--help";
    assert.match(parsed.error, new RegExp(`^[^\\n]+: see ${help}$`));
  });
}

test("an invalid command line exits with status 64 and one line on standard error, whatever the environment", async () => {
  for (const args of [["bakcup"], ["tail", "--after", "x"]]) {
    const { status, stdout, stderr } = await runMain(args);
    assert.deepEqual({ status, stdout }, { status: 64, stdout: "" });
    assert.match(stderr, /^[^\n]+\n$/);
  }
});

test("--help and --version print on standard output and need no setting", async () => {
  assert.deepEqual(await runMain(["--help"]), { status: 0, stdout: usage(), stderr: "" });
  assert.deepEqual(await runMain(["send", "--help"]), { status: 0, stdout: usage("send"), stderr: "" });
  const version = at(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")), "version");
  assert.deepEqual(await runMain(["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("every help text fits one screen, and that of a command names exactly its options", () => {
  for (const name of Object.keys(COMMANDS).filter(isCommandName)) {
    const named = Array.from(usage(name).matchAll(/^  --([\w-]+)/gm), ([, option]) => option);
    assert.deepEqual(named.toSorted(), OPTIONS_OF[name].toSorted(), name);
  }
  for (const text of [usage(), ...Object.keys(COMMANDS).filter(isCommandName).map(usage)]) {
    const lines = text.split("\n");
    assert.ok(lines.length <= 30 && lines.every((line) => line.length <= 80), text);
  }
});

test("the README's table of commands matches --help", () => {
  const { rows = [] } = parseMarkdown(readFileSync(join(REPOSITORY, "README.md"), "utf8")).get("Commands") ?? {};
  const names = Object.keys(COMMANDS).filter(isCommandName);
  assert.deepEqual(rows, names.map((name) => [`\`${synopsis(name)}\``, COMMANDS[name].summary]));
});

test("the refusal of a value that begins with a dash says to use --option=value", () => {
  const parsed = parseCommandLine(["send", "--text", "-x"]);
  assert.ok(!parsed.ok && parsed.error.includes("--text=-"));
});

test("a closed pipe is not an error, but output that cannot be written is", async () => {
  const [shell, node] = [which("sh"), process.execPath];
  const pipe = await run([shell, "-c", '{ "$1" "$2" --help; echo $? >&2; } | true', "sh", node, MAIN], { env: { PATH: process.env["PATH"] ?? "" } });
  assert.deepEqual(pipe, { status: 0, stdout: "", stderr: "0\n" });
  const full = await run([shell, "-c", '"$1" "$2" --help > /dev/full', "sh", node, MAIN], { env: {} });
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^[^\n]*ENOSPC[^\n]*\n$/);
});

test("no argument means serve, which exits with status 78 without a secret", async () => {
  const [named, unnamed] = await Promise.all([runMain(["serve"]), runMain([])]);
  assert.equal(named.status, 78);
  assert.deepEqual(named, unnamed);
});
