import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** The beginnings of the paths of files that get a process of their own: they look at their process, or take as long as a group. */
const ALONE = [
  "test/docs.test", "test/fuzz/", "test/http/memory", "test/soak/", "test/storage/postgres/contract", "test/storage/sqlite/contract",
  "test/telemetry/descriptor-writer", "test/telemetry/log-sink-descriptors", "test/telemetry/process-metrics", "test/torture/",
];
/** The maximum number of files in a group. With more, the last group would still run when all others are done. */
const MOST_IN_GROUP = 8;
/** Longer than any file takes, but finite: with an infinite one, the tests in the file would have no time limit of their own. */
const FILE_TIMEOUT_MS = 3_600_000;

/** The paths for the test runner, and how to remove what was written for them. */
export interface TestGroups {
  readonly paths: readonly string[];
  remove(): void;
}

/**
 * Up to `MOST_IN_GROUP` files of one folder share a process, because starting a process and loading the service often take as long
 * as the tests of a file. Each file is a suite, so that its cleanup is done before the next file begins. Keeps the order of `files`.
 */
export function groupTests(files: readonly string[], root: string): TestGroups {
  const folder = join(root, `node_modules/.cache/tests-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const groups: string[][] = [];
  for (const file of files) {
    const last = groups.at(-1);
    const [first = ""] = last ?? [];
    const isFull = last === undefined || last.length === MOST_IN_GROUP || dirname(first) !== dirname(file) || isAlone(first) || isAlone(file);
    if (isFull) groups.push([file]);
    else last.push(file);
  }
  return {
    paths: groups.map((group, index) => {
      const [first = ""] = group;
      const path = join(folder, `${dirname(first).replaceAll("/", "-")}-${index}.test.mjs`);
      writeFileSync(path, suitesOf(group, root));
      return path;
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function isAlone(file: string): boolean {
  return ALONE.some((start) => file.startsWith(start));
}

function suitesOf(group: readonly string[], root: string): string {
  const suites = group.map((file) => `describe(${JSON.stringify(file)}, options, () => import(${JSON.stringify(pathToFileURL(join(root, file)).href)}));\n`);
  const leftOpen = new URL("../test/support/left-open.ts", import.meta.url).href;
  return `import ${JSON.stringify(leftOpen)};\nimport { describe } from "node:test";\nconst options = { timeout: ${FILE_TIMEOUT_MS} };\n${suites.join("")}`;
}
