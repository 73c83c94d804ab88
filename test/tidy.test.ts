import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readSources, type Source } from "./support/sources.ts";
import { BANNED_PHRASES, LONG_FUNCTIONS, NAMES_OF_OTHERS, NAMES_OF_TWO, WITHOUT_DOCSTRING } from "./support/tidy-exceptions.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAX_COLUMNS = 140;
const MAX_FUNCTION_LINES = 70;

const sources = readSources();
/** Every file that git tracks, or would add. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(ROOT, file)));

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** Fails if something breaks a rule without being listed, or if a listed exception is no longer needed, so the list only shrinks. */
function assertOnly(found: readonly string[], exceptions: readonly string[]): void {
  assert.deepEqual({ new: found.filter((one) => !exceptions.includes(one)), noLongerNeeded: exceptions.filter((one) => !found.includes(one)) }, { new: [], noLongerNeeded: [] });
}

test(`no line of src has more than ${MAX_COLUMNS} characters`, () => {
  const long = sources.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => (line.length > MAX_COLUMNS ? [`${path}:${index + 1}`] : [])),
  );
  assert.deepEqual(long, []);
});

test(`no function of src has more than ${MAX_FUNCTION_LINES} lines, except those listed`, () => {
  const long = sources.flatMap(({ path, functions }) => functions.filter(({ lines }) => lines > MAX_FUNCTION_LINES).map(({ name }) => `${path} ${name}`));
  assertOnly(long, LONG_FUNCTIONS);
});

test("each exported function has a docstring, except those listed", () => {
  const bare = sources.flatMap(({ path, exports }) => exports.filter((one) => one.isFunction && !one.hasDocstring).map(({ name }) => `${path} ${name}`));
  assertOnly(bare, WITHOUT_DOCSTRING);
});

/** The engines count as one folder, because an export with the same name in each means the same. */
function roomOf(path: string): string {
  return path.replace(/^src\/storage\/(?:sqlite|postgres)\/.*/, "an engine");
}

test("no two sources export different things under the same name, except those listed", () => {
  const exported = sources.flatMap(({ path, exports }) => exports.map(({ name }) => ({ name, path })));
  const shared = Map.groupBy(exported, ({ name }) => name)
    .entries()
    .filter(([, places]) => new Set(places.map(({ path }) => roomOf(path))).size > 1)
    .map(([name]) => name)
    .toArray();
  assertOnly(shared, NAMES_OF_TWO);
});

/** All words of the code, including its strings, and of tests, scripts and the Makefile. */
function wordsOfCode(): ReadonlySet<string> {
  const codes = [
    ...sources.map(({ text, comments }) => comments.reduce((code, comment) => code.replace(comment.text, ""), text)),
    ...files.filter((file) => /^(?:test|scripts)\/.*\.ts$|^Makefile$/.test(file) && file !== "test/support/tidy-exceptions.ts").map(read),
  ];
  return new Set(codes.flatMap((code) => code.match(/[\w$]+/g) ?? []));
}

/** The code names in a comment: texts in backquotes that look like `one`, `one.two` or `one()`. */
function namesIn(comment: string): readonly string[] {
  return [...comment.matchAll(/`([A-Za-z_$][\w$]*(?:[.#][\w$]+)*)(?:\(\))?`/g)].flatMap(([, name = ""]) => name.split(/[.#]/));
}

/** The files that a comment names, without URLs and request paths. */
function filesIn(comment: string): readonly string[] {
  return comment.match(/(?<![\w:/.-])\w[\w./-]*\.(?:ts|js|sh|md|json|yml|sql)\b(?!\.)/g) ?? [];
}

function eachComment(find: (text: string, source: Source) => readonly string[]): readonly string[] {
  return sources.flatMap((source) => source.comments.flatMap(({ line, text }) => find(text, source).map((found) => `${source.path}:${line} ${found}`)));
}

test("comments name only what exists in the code", () => {
  const words = wordsOfCode();
  assert.deepEqual(eachComment((text) => namesIn(text).filter((name) => !words.has(name) && !NAMES_OF_OTHERS.includes(name))), []);
});

test("comments name only files that exist", () => {
  const isThere = (named: string): boolean => files.some((file) => file === named || file.endsWith(`/${named}`));
  // The path in dist is the same as in src.
  const isBuilt = (named: string): boolean => named.startsWith("dist/") && isThere(named.replace(/^dist\//, "src/").replace(/\.js$/, ".ts"));
  assert.deepEqual(eachComment((text) => filesIn(text).filter((named) => !isThere(named) && !isBuilt(named))), []);
});

test("no page, source, test or script contains a banned phrase", () => {
  const found = files
    .filter((file) => !/^package-lock\.json$|^LICENSE$|tidy-exceptions\.ts$|\.(?:png|ico|jsonl)$/.test(file))
    .flatMap((file) => {
      const text = read(file).replaceAll(/\s+/g, " ");
      return BANNED_PHRASES.filter(([phrase]) => phrase.test(text)).map(([phrase, instead]) => `${file}: ${phrase.source}: write ${instead}`);
    });
  assert.deepEqual(found, []);
});
