import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { copyOfRepository, createToolbox, REPOSITORY, run, type CommandOptions, type CommandResult } from "./command.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../support/sweep.ts";

const TOOLS = ["awk", "cat", "dirname", "echo", "env", "find", "make", "mkdir", "rm", "sed", "sh", "touch"];
const BUILD = "-p tsconfig.json";
const BROWSER_BUILD = "-p src/pages/browser/tsconfig.json";
const TYPECHECK = "-p test/tsconfig.json";
const BROWSER_TYPECHECK = `${BROWSER_BUILD} --noEmit`;

// A stub of npm: it logs its arguments and "installs" a compiler that copies src/ to dist/ without deleting anything there.
const NPM = `
echo "npm $*; NODE_ENV=\${NODE_ENV-}" >> npm.log
echo 'added 3 packages'
mkdir -p node_modules/typescript/bin
echo '{}' > node_modules/.package-lock.json
cat > node_modules/typescript/bin/tsc <<'TSC'
const fs = require("node:fs");
fs.appendFileSync("tsc.log", process.argv.slice(2).join(" ") + "\\n");
fs.mkdirSync("dist", { recursive: true });
for (const name of fs.readdirSync("src")) fs.copyFileSync("src/" + name, "dist/" + name.replace(/ts$/, "js"));
TSC`;

interface Project {
  readonly folder: string;
  make(args: readonly string[], env?: Record<string, string>, options?: Partial<CommandOptions>): Promise<CommandResult>;
  lines(log: "npm.log" | "tsc.log"): readonly string[];
}

/** Creates a project with the Makefile, the scripts and this src/main.ts, with a PATH whose `node` is the one that runs this test. */
function createProject(t: TestContext, main: string): Project {
  const folder = copyOfRepository(t, ["Makefile", "package.json", "package-lock.json", "scripts", "test/support", "test/tsconfig.json", "tsconfig.json"]);
  writeFileSync(join(folder, ".node-version"), `${process.versions.node}\n`);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/main.ts"), main);
  const PATH = createToolbox(t, TOOLS, { npm: NPM });
  symlinkSync(process.execPath, join(PATH, "node"));
  return {
    folder,
    make: (args, env = {}, options = {}) => run([join(PATH, "make"), ...args], { cwd: folder, env: { PATH, ...env }, ...options }),
    lines: (log) => (existsSync(join(folder, log)) ? readFileSync(join(folder, log), "utf8").trimEnd().split("\n") : []),
  };
}

/** Sets the times of these files to an hour ago, each a minute later than the one before it. */
function age({ folder }: Project, names: readonly string[]): void {
  const startSeconds = Math.floor(Date.now() / 1000) - 3600;
  for (const [index, name] of names.entries()) utimesSync(join(folder, name), startSeconds + 60 * index, startSeconds + 60 * index);
}

const INPUTS = ["package.json", "package-lock.json", "tsconfig.json", "src/main.ts", "src"];
const INSTALLED = "node_modules/.package-lock.json";

test("make without a target prints every target that has a ## comment", async (t) => {
  const { stdout } = await createProject(t, "").make([]);
  const listed = stdout.trimEnd().split("\n").map((line) => /^make (\S+) +\S/.exec(line)?.[1]);
  const makefile = readFileSync(join(REPOSITORY, "Makefile"), "utf8");
  assert.deepEqual(listed, [...makefile.matchAll(/^([a-z-]+):.*## /gm)].map(([, target]) => target));
  for (const target of ["run", "test", "check"]) assert.ok(listed.includes(target));
});

test("make run installs, builds and starts the service, each once, and prints little", async (t) => {
  const project = createProject(t, 'console.log("started");');
  const first = await project.make(["run"]);
  assert.deepEqual([first.status, first.stdout], [0, "Installing the compiler into node_modules/\nBuilding dist/\nstarted\n"]);
  assert.deepEqual(await project.make(["run"]), { status: 0, stdout: "started\n", stderr: "" });
  assert.deepEqual([project.lines("npm.log").length, project.lines("tsc.log")], [1, [BUILD, BROWSER_BUILD]]);
});

test("make run installs the compiler whatever NODE_ENV is", ONLY_IN_FULL_RUN, async (t) => {
  const project = createProject(t, "");
  await project.make(["run"], { NODE_ENV: "production" });
  assert.deepEqual(project.lines("npm.log"), ["npm ci --include=dev --include=optional --ignore-scripts; NODE_ENV="]);
});

test("make run passes the environment to the service unchanged", ONLY_IN_FULL_RUN, async (t) => {
  const given = { WEBHOOK_SECRET: "a$b $$(c) 'd' \"e\"", NODE_ENV: "production", PORT: "0", SHELL: "/bin/other", NODE_OPTIONS: "--no-warnings" };
  const names = JSON.stringify(Object.keys(given));
  const project = createProject(t, `console.log(JSON.stringify(${names}.map((name) => process.env[name])));`);
  const { stdout } = await project.make(["run"], given);
  assert.deepEqual(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""), Object.values(given));
});

test("make run also accepts settings as arguments", ONLY_IN_FULL_RUN, async (t) => {
  const { stdout } = await createProject(t, "console.log(process.env.PORT);").make(["run", "PORT=8123"]);
  assert.match(stdout, /^8123$/m);
});

test("make run fails with the service's exit status in its message", ONLY_IN_FULL_RUN, async (t) => {
  const { status, stderr } = await createProject(t, "process.exitCode = 78;").make(["run"]);
  assert.equal(status, 2);
  assert.match(stderr, /\b78\b/);
});

test("after SIGTERM to make run, the service stops cleanly before make exits", async (t) => {
  const main = `
    const alive = setTimeout(() => {}, 20_000); // ends a service that gets no signal
    process.on("SIGTERM", () => { clearTimeout(alive); console.log("stopped cleanly"); });
    console.log("pid", process.pid);`;
  const project = createProject(t, main);
  await project.make(["dist/main.js"]);
  const result = await project.make(["run"], {}, { onFirstLine: (child) => child.kill("SIGTERM") });
  assert.equal(result.status, "SIGTERM");
  const [, pid = ""] = /^pid (\d+)\nstopped cleanly\n$/.exec(result.stdout) ?? [];
  assert.throws(() => process.kill(Number(pid), 0), { code: "ESRCH" });
});

const changes: readonly (readonly [string, (project: Project) => void, number, number])[] = [
  ["nothing", () => undefined, 0, 0],
  ["a source", ({ folder }) => writeFileSync(join(folder, "src/main.ts"), "//"), 0, 1],
  ["tsconfig.json", ({ folder }) => utimesSync(join(folder, "tsconfig.json"), new Date(), new Date()), 0, 1],
  ["package-lock.json", ({ folder }) => utimesSync(join(folder, "package-lock.json"), new Date(), new Date()), 1, 1],
  ["a deleted dist/", ({ folder }) => rmSync(join(folder, "dist"), { recursive: true }), 0, 1],
  ["a deleted node_modules/", ({ folder }) => rmSync(join(folder, "node_modules"), { recursive: true }), 1, 1],
];
for (const [index, [title, change, installs, builds]] of changes.entries()) {
  test(`make run installs ${installs} and builds ${builds} times after a change: ${title}`, { skip: oneOfMany(index, { every: 6 }) }, async (t) => {
    const project = createProject(t, "");
    await project.make(["dist/main.js"]);
    age(project, [...INPUTS, INSTALLED, "dist/main.js"]);
    change(project);
    await project.make(["run"]);
    assert.deepEqual([project.lines("npm.log").length - 1, project.lines("tsc.log").length / 2 - 1], [installs, builds]);
  });
}

test("make run builds again if a source is deleted, and deletes its output", ONLY_IN_FULL_RUN, async (t) => {
  const project = createProject(t, "");
  writeFileSync(join(project.folder, "src/old.ts"), "");
  await project.make(["dist/main.js"]);
  age(project, [...INPUTS, "src/old.ts", INSTALLED, "dist/main.js"]);
  rmSync(join(project.folder, "src/old.ts"));
  await project.make(["run"]);
  assert.deepEqual(readdirSync(join(project.folder, "dist")), ["main.js"]);
});

test("make run never uses an incomplete dist/", async (t) => {
  const project = createProject(t, 'console.log("started");');
  await project.make([INSTALLED]);
  const compiler = join(project.folder, "node_modules/typescript/bin/tsc");
  const working = readFileSync(compiler);
  writeFileSync(compiler, `${working}\nprocess.exitCode = 1;`);
  assert.equal((await project.make(["run"])).status, 2);
  writeFileSync(compiler, working);
  assert.match((await project.make(["run"])).stdout, /^Building dist\/\nstarted$/m);
});

test("make test checks all types and runs only the *.test.ts files under test/", async (t) => {
  const project = createProject(t, "");
  mkdirSync(join(project.folder, "test/some"));
  writeFileSync(join(project.folder, "test/some/a.test.ts"), 'import { test } from "node:test";\ntest("a ran", () => {});\n');
  writeFileSync(join(project.folder, "test/some/helper.ts"), "throw new Error();\n");
  const { status, stdout } = await project.make(["-j4", "test"]);
  assert.equal(status, 0);
  assert.match(stdout, /a ran/);
  assert.match(stdout, /pass 1$/m);
  assert.deepEqual(project.lines("tsc.log"), [TYPECHECK, BROWSER_TYPECHECK]);
});

test("make test fails when a test fails", async (t) => {
  const project = createProject(t, "");
  writeFileSync(join(project.folder, "test/a.test.ts"), "throw new Error();\n");
  assert.equal((await project.make(["test"])).status, 2);
});

test("make check runs every test with all its cases, make test does not", ONLY_IN_FULL_RUN, async (t) => {
  const project = createProject(t, "");
  writeFileSync(join(project.folder, "test/a.test.ts"), 'console.log(process.env.FULL ?? "some");\n');
  assert.match((await project.make(["test"])).stdout, /^some$/m);
  assert.match((await project.make(["--dry-run", "check"])).stdout, /^sh scripts\/node\.sh scripts\/test\.ts --full$/m);
  const { stdout } = await run([process.execPath, join(project.folder, "scripts/test.ts"), "--full"], { cwd: project.folder, env: {} });
  assert.match(stdout, /^1$/m);
});

test("make coverage prints which lines of src were not run", ONLY_IN_FULL_RUN, async (t) => {
  const project = createProject(t, "export function run() {}\nexport function leave() {\n  return 1;\n}\n");
  writeFileSync(join(project.folder, "test/a.test.ts"), 'import { run } from "../src/main.ts";\nrun();\n');
  const { status, stdout } = await project.make(["coverage"]);
  assert.equal(status, 0);
  assert.match(stdout, /^ℹ\s+main\.ts +\| +50\.00 \|/m);
  assert.doesNotMatch(stdout, /a\.test\.ts +\|/);
});

test("make clean deletes what make has created, and keeps the data", ONLY_IN_FULL_RUN, async (t) => {
  const project = createProject(t, "");
  mkdirSync(join(project.folder, "data"));
  await project.make(["dist/main.js"]);
  await project.make(["clean"]);
  assert.deepEqual(["node_modules", "dist", ".node", "data"].map((name) => existsSync(join(project.folder, name))), [false, false, false, true]);
});
