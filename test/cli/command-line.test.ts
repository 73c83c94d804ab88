import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseCommandLine, USAGE, type Command } from "../../src/cli/command-line.ts";
import { at } from "../support/json.ts";
import { runMain } from "./main.ts";

const COMMANDS: readonly (readonly [args: readonly string[], command: Command])[] = [
  [[], { name: "serve" }],
  [["serve"], { name: "serve" }],
  [["backup", "a b.db"], { name: "backup", target: "a b.db" }],
  [["backup", "--", "--odd"], { name: "backup", target: "--odd" }],
  [["verify"], { name: "verify", file: undefined, rebuild: false }],
  [["verify", "x.db"], { name: "verify", file: "x.db", rebuild: false }],
  [["verify", "--rebuild"], { name: "verify", file: undefined, rebuild: true }],
  [["verify", "x.db", "--rebuild"], { name: "verify", file: "x.db", rebuild: true }],
  [["--help"], { name: "help" }],
  [["-h"], { name: "help" }],
  [["verify", "--help"], { name: "help" }],
  [["--version"], { name: "version" }],
];

for (const [args, command] of COMMANDS) {
  test(`[${args.join(" ")}] is ${command.name}`, () => {
    assert.deepEqual(parseCommandLine(args), { ok: true, value: command });
  });
}

const REFUSED: readonly (readonly string[])[] = [
  ["bakcup"], ["constructor"], [""], ["--rebuild"], ["serve", "--rebuild"], ["serve", "x"], ["backup"], ["backup", ""], ["backup", "a", "b"],
  ["backup", "--rebuild", "a"], ["verify", ""], ["verify", "a", "b"], ["verify", "--rebuild=yes"], ["--nope"], ["-x"], ["un\nknown"], ["--un\nknown"],
];

for (const args of REFUSED) {
  test(`${JSON.stringify(args)} is refused in one line`, () => {
    const parsed = parseCommandLine(args);
    assert.ok(!parsed.ok);
    assert.match(parsed.error, /^[^\n]+: see --help$/);
  });
}

test("a wrong command line ends with status 64 and one line on standard error, whatever the environment", async () => {
  const { status, stdout, stderr } = await runMain(["bakcup"]);
  assert.equal(status, 64);
  assert.equal(stdout, "");
  assert.match(stderr, /^[^\n]+\n$/);
});

test("--help and --version print on standard output and need no setting", async () => {
  assert.deepEqual(await runMain(["--help"]), { status: 0, stdout: USAGE, stderr: "" });
  const version = at(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")), "version");
  assert.deepEqual(await runMain(["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("serve is what no argument is: without a secret the status is 78", async () => {
  const [named, unnamed] = await Promise.all([runMain(["serve"]), runMain([])]);
  assert.equal(named.status, 78);
  assert.deepEqual(named, unnamed);
});
