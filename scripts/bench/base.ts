import { execFileSync } from "node:child_process";
import { globSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

export interface Base {
  /** The short hash of the commit. */
  readonly commit: string;
  /** The path of its dist/main.js. */
  readonly main: string;
}

/**
 * Builds `commit` of the repository at `root` in a clone at `folder`, which must not exist yet. The clone shares the installed
 * compiler if the lock file is the same; otherwise it gets its own. Throws if there is no such commit or it does not build.
 */
export function buildBase(commit: string, { root, folder }: { readonly root: string; readonly folder: string }): Base {
  const hash = run(root, "git", ["rev-parse", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`]).trim();
  run(root, "git", ["clone", "--quiet", "--no-checkout", ".", folder]);
  run(folder, "git", ["checkout", "--quiet", "--detach", hash]);
  if (readLock(root) === readLock(folder)) symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  else run(folder, "sh", [join(root, "scripts/npm-env.sh"), "npm", "ci", "--include=dev", "--include=optional", "--ignore-scripts"]);
  // The browser scripts belong to the service's own build.
  for (const project of ["tsconfig.json", ...globSync("src/**/tsconfig.json", { cwd: folder }).toSorted()]) {
    run(folder, process.execPath, ["node_modules/typescript/bin/tsc", "-p", project]);
  }
  return { commit: run(folder, "git", ["rev-parse", "--short", "HEAD"]).trim(), main: join(folder, "dist/main.js") };
}

function readLock(folder: string): string {
  return readFileSync(join(folder, "package-lock.json"), "utf8");
}

function run(cwd: string, program: string, args: readonly string[]): string {
  return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
