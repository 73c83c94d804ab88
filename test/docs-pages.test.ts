import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "./scripts/command.ts";
import { codeSpans, headingsOf } from "./support/markdown.ts";

const PAGES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: REPOSITORY, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(REPOSITORY, file)));
const MAKEFILE = readRepositoryText("Makefile");

function readRepositoryText(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}

/** The anchors that GitHub derives from the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  return headingsOf(readRepositoryText(page)).map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

/** The target of each link, relative to the root of the repository, with its anchor; without URLs of other hosts. */
function linksOf(page: string): readonly (readonly [file: string, anchor: string | undefined])[] {
  return Array.from(readRepositoryText(page).matchAll(/\]\(([^)]+)\)/g), ([, target = ""]) => target)
    .filter((target) => !/^https?:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      return [file === "" ? page : normalize(join(dirname(page), file)), anchor];
    });
}

for (const page of PAGES) {
  const text = readRepositoryText(page);

  test(`${page} links only to files and headings that exist`, () => {
    const broken = linksOf(page).filter(([file, anchor]) => !existsSync(join(REPOSITORY, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor)));
    assert.deepEqual(broken, []);
  });

  test(`${page} names only files that exist`, () => {
    const isThere = (path: string): boolean => [REPOSITORY, join(REPOSITORY, dirname(page))].some((folder) => existsSync(join(folder, path)));
    const paths = Array.from(text.matchAll(/(?<![\w./-])(?:src|test|scripts|ops|\.ci)\/[\w./-]*\w/g), ([path]) => path);
    const names = codeSpans(text).filter((span) => /^(?:Makefile|\.?[\w-]+\.(?:json|md|yml)|\.[a-z-]+|[\w/-]+\.(?:service|ya?ml|cfg))$/.test(span));
    assert.deepEqual([...paths, ...names].filter((path) => !isThere(path)), []);
  });

  test(`${page} names only targets that the Makefile has`, () => {
    const named = Array.from(text.matchAll(/(?:`|^|=\S* |&& )make ([a-z-]+)(?![\w/])/gm), ([, target = ""]) => target);
    assert.deepEqual(named.filter((target) => !new RegExp(`^${target}:`, "m").test(MAKEFILE)), []);
  });
}

/** The sentences and table cells of a page that have at least this number of words, without code blocks. */
function sentencesOf(page: string, words = 8): readonly string[] {
  const prose = readRepositoryText(page).split(/^ *```.*$/m).filter((_, index) => index % 2 === 0).join("\n\n");
  return prose
    .split(/\n\n|\||(?<=[.:;])\s|\n(?=- |\d\. )/)
    .map((sentence) => sentence.replaceAll(/\s+/g, " ").replace(/^- |[.:;]$/, "").trim())
    .filter((sentence) => sentence.split(" ").length >= words);
}

test("no page repeats a sentence of another one", () => {
  const places = Map.groupBy(PAGES.flatMap((page) => [...new Set(sentencesOf(page))].map((sentence) => ({ page, sentence }))), ({ sentence }) => sentence);
  const repeated = [...places].filter(([, pages]) => pages.length > 1).map(([sentence, pages]) => `${pages.map(({ page }) => page).join(", ")}: ${sentence}`);
  assert.deepEqual(repeated, []);
});

test("the pages, the image, the manifests and package-lock.json name the version of package.json", () => {
  const [version = "", ...locked] = ["package.json", "package-lock.json"].map((file) => /"version": "([^"]+)"/.exec(readRepositoryText(file))?.[1]);
  assert.deepEqual(locked, [version]);
  const files = [...PAGES, "Dockerfile", ...globSync("ops/kubernetes/*.yaml", { cwd: REPOSITORY })];
  const named = files.flatMap((file) => Array.from(readRepositoryText(file).matchAll(/(?:webhook-inbox[:-]|VERSION=)(\d+\.\d+\.\d+)/g), ([, found]) => `${file} ${found}`));
  assert.ok(named.length >= 6);
  assert.deepEqual(named.filter((one) => !one.endsWith(` ${version}`)), []);
  assert.ok(headingsOf(readRepositoryText("CHANGELOG.md")).some((heading) => heading.startsWith(`[${version}]`)));
});

test("README.md has at most 280 lines, in the order in which a new reader asks", () => {
  const text = readRepositoryText("README.md");
  assert.ok(text.trimEnd().split("\n").length <= 280);
  assert.deepEqual(headingsOf(text), [
    "webhook-inbox", "Try it", "What you get", "Is it for you?", "Install", "Senders", "Read", "Endpoints", "Status codes", "Settings",
    "Commands", "How it works", "Guarantees", "Speed", "FAQ", "Operate, contribute, license",
  ]);
});

test("every page can be reached from README.md", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) for (const [file] of linksOf(page)) if (file.endsWith(".md") && PAGES.includes(file)) reached.add(file);
  assert.deepEqual(PAGES.filter((page) => !reached.has(page)), []);
});
