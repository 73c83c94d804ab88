import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { at } from "./support/json.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAX_LINES = 250;

/** What each folder of src, or file directly in src, may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  signature: ["core"],
  validation: ["core"],
  // Turn what each platform sends into messages.
  senders: ["core", "validation"],
  // The protocol of PostgreSQL, which knows nothing of messages.
  postgres: ["core"],
  storage: ["core", "postgres"],
  telemetry: ["core"],
  "config.ts": ["core", "secret-file.ts", "setting.ts", "settings.ts"],
  "secret-file.ts": ["core", "odd-text.ts", "setting.ts", "settings.ts"],
  "settings.ts": ["core", "odd-text.ts", "postgres", "setting.ts"],
  "secret-watch.ts": ["core", "secret-file.ts"],
  "setting.ts": ["core", "odd-text.ts"],
  "odd-text.ts": [],
  "runtime.ts": [],
  // The OpenAPI document.
  api: ["core"],
  http: ["core", "signature", "senders", "validation", "api"],
  // Pages contain no data and import no handler: their scripts send requests like any other client.
  pages: ["core", "api"],
  // The commands sign what they send, and print the OpenAPI document.
  cli: ["config.ts", "setting.ts", "core", "api", "signature", "storage"],
  "app.ts": ["config.ts", "secret-file.ts", "core", "signature", "validation", "storage", "telemetry", "api", "http", "pages"],
  // A separate program.
  "healthcheck.ts": [],
  // The log sink belongs to main, because it outlives the app.
  "main.ts": ["app.ts", "cli", "config.ts", "core", "runtime.ts", "secret-watch.ts", "telemetry"],
};

/** Every file below `folder`, as a path from the root with slashes. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function roomOf(file: string): string {
  return file.split("/")[1] ?? "";
}

function specifiersOf(file: string): readonly string[] {
  const imports = /^(?:import|export)\b[^"]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return read(file).matchAll(imports).map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "").toArray();
}

/** The files of src that a file of src imports. */
function importsOf(file: string): readonly string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => join(dirname(file), specifier).split(sep).join("/"));
}

// Markdown pages are not sources.
const sources = filesOf("src").filter((file) => !file.endsWith(".md"));

test("every folder imports only what the table allows", () => {
  assert.deepEqual([...new Set(sources.map(roomOf))].toSorted(), Object.keys(MAY_IMPORT).toSorted());
  const forbidden = sources.flatMap((file) =>
    importsOf(file)
      .filter((imported) => roomOf(imported) !== roomOf(file) && !(MAY_IMPORT[roomOf(file)] ?? []).includes(roomOf(imported)))
      .map((imported) => `${file} imports ${imported}`),
  );
  assert.deepEqual(forbidden, []);
});

test("no engine of the store imports another, and the shared folder imports none", () => {
  const all = ["shared", "sqlite", "postgres"];
  const allowed: Readonly<Record<string, readonly string[]>> = {
    shared: [], sqlite: ["shared"], postgres: ["shared"], "open.ts": all, "maintain.ts": all,
  };
  const inStorage = sources.filter((file) => roomOf(file) === "storage");
  const partOf = (file: string): string => file.split("/")[2] ?? "";
  assert.deepEqual([...new Set(inStorage.map(partOf))].toSorted(), Object.keys(allowed).toSorted());
  const forbidden = inStorage.flatMap((file) =>
    importsOf(file)
      .filter((imported) => roomOf(imported) === "storage" && partOf(imported) !== partOf(file) && !(allowed[partOf(file)] ?? []).includes(partOf(imported)))
      .map((imported) => `${file} imports ${imported}`),
  );
  assert.deepEqual(forbidden, []);
});

test("sources import only each other and the standard library, by file name", () => {
  const known = new Set(sources);
  const strange = sources.flatMap((file) => [
    ...specifiersOf(file).filter((specifier) => !/^(node:|\.\.?\/)/.test(specifier)),
    ...importsOf(file).filter((imported) => !known.has(imported)),
  ]);
  assert.deepEqual(strange, []);
});

test("there are no circular imports", () => {
  const finished = new Set<string>();
  function visit(file: string, path: readonly string[]): void {
    assert.ok(!path.includes(file), [...path, file].join(" -> "));
    if (finished.has(file)) return;
    for (const imported of importsOf(file)) visit(imported, [...path, file]);
    finished.add(file);
  }
  for (const file of sources) visit(file, []);
  assert.equal(finished.size, sources.length);
});

test("every source is imported by another one, except the programs and the entries of threads and pages", () => {
  const imported = new Set(sources.flatMap(importsOf));
  const entries = sources.filter((file) => !imported.has(file) && !/^src\/storage\/sqlite\/threads\/[a-z]+-thread\.ts$/.test(file));
  assert.deepEqual(entries, [
    "src/healthcheck.ts",
    "src/main.ts",
    "src/pages/browser/docs.ts",
    "src/pages/browser/inbox.ts",
    "src/pages/browser/tsconfig.json",
  ]);
});

test("main.ts checks the Node.js version before it imports anything that older versions lack", () => {
  const builtins = new Set<string>();
  const visited = new Set<string>();
  function visit(file: string): void {
    if (visited.has(file)) return;
    visited.add(file);
    const specifiers = read(file).matchAll(/^(?:import|export)\b(?! type\b)[^"]*?\bfrom "([^"]+)"/gm);
    for (const [, specifier = ""] of specifiers) {
      if (specifier.startsWith("node:")) builtins.add(specifier);
      else visit(join(dirname(file), specifier).split(sep).join("/"));
    }
  }
  visit("src/main.ts");
  assert.deepEqual([...builtins].toSorted(), ["node:buffer", "node:fs", "node:perf_hooks", "node:timers/promises", "node:util"]);
});

test("only programs use the environment, signals and the exit of the process", () => {
  const touching = sources.filter((file) => /^(?!\s*(\/\/|\*|\/\*)).*\bprocess\s*\.\s*(env|exit|exitCode|abort|kill|on|once)\b/m.test(read(file)));
  assert.deepEqual(touching, ["src/healthcheck.ts", "src/main.ts"]);
});

test("no source has a default export or is a barrel", () => {
  const found = sources.filter((file) => /^export (default\b|\*|(type )?\{[^}]*\} from)/m.test(read(file)));
  assert.deepEqual(found, []);
});

test(`no file of src, test and scripts has more than ${MAX_LINES} lines, except fixtures`, () => {
  const long = ["src", "test", "scripts"]
    .flatMap(filesOf)
    .filter((file) => !file.includes("/fixtures/"))
    .map((file) => ({ file, lines: read(file).split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});

test("package.json has no runtime dependencies, and only the compiler and the types of Node.js for development", () => {
  const manifest: unknown = JSON.parse(read("package.json"));
  for (const kind of ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies", "bundledDependencies"]) {
    assert.equal(at(manifest, kind), undefined, kind);
  }
  assert.deepEqual(Object.keys(at(manifest, "devDependencies") ?? {}).toSorted(), ["@types/node", "typescript"]);
});
