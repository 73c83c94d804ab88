import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { buildBase } from "../../scripts/bench/base.ts";
import { REPOSITORY } from "../scripts/command.ts";
import { temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const COMPILER = { rootDir: "src", outDir: "dist", types: [], module: "nodenext" };
const CONFIGURATION = JSON.stringify({ compilerOptions: COMPILER, include: ["src"] });

function git(folder: string, ...args: readonly string[]): void {
  const author = ["-c", "user.name=Tester", "-c", "user.email=tester@localhost"];
  execFileSync("git", [...author, ...args], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

/** Creates a repository with the installed compiler, and a commit for each of these sources. */
function createRepository(t: TestContext, sources: readonly string[]): string {
  const root = temporaryFolder(t);
  git(root, "init", "--quiet");
  symlinkSync(join(REPOSITORY, "node_modules"), join(root, "node_modules"));
  mkdirSync(join(root, "src"));
  for (const name of ["package.json", "package-lock.json"]) writeFileSync(join(root, name), readFileSync(join(REPOSITORY, name)));
  writeFileSync(join(root, "tsconfig.json"), CONFIGURATION);
  writeFileSync(join(root, ".gitignore"), "node_modules\n");
  for (const source of sources) {
    writeFileSync(join(root, "src/main.ts"), source);
    git(root, "add", ".");
    git(root, "commit", "--quiet", "--message", "Change main.ts");
  }
  return root;
}

test("an earlier commit is built in a separate clone, and the working tree does not change", (t) => {
  const root = createRepository(t, ["export const first: number = 1;\n", "export const second: number = 2;\n"]);
  const base = buildBase("HEAD~1", { root, folder: join(temporaryFolder(t), "base") });
  assert.match(readFileSync(base.main, "utf8"), /^export const first = 1;$/m);
  assert.match(base.commit, /^[0-9a-f]{7,}$/);
  assert.match(readFileSync(join(root, "src/main.ts"), "utf8"), /second/);
});

test("a commit that does not exist, or does not build, is refused", ONLY_IN_FULL_RUN, (t) => {
  const root = createRepository(t, ["export const first: string = 1;\n"]);
  assert.throws(() => buildBase("0123456", { root, folder: join(temporaryFolder(t), "base") }), { status: 1 });
  assert.throws(() => buildBase("--help", { root, folder: join(temporaryFolder(t), "base") }));
  assert.throws(() => buildBase("HEAD", { root, folder: join(temporaryFolder(t), "base") }), { status: 2 });
});
