import assert from "node:assert/strict";
import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "./command.ts";

function readJson(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(REPOSITORY, name), "utf8"));
}

test("package.json has no runtime dependencies, and exactly two for development, at exact versions", () => {
  const manifest = readJson("package.json");
  for (const field of ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"]) assert.equal(manifest[field], undefined);
  const { devDependencies } = manifest;
  assert.ok(typeof devDependencies === "object" && devDependencies !== null);
  assert.deepEqual(Object.keys(devDependencies).sort(), ["@types/node", "typescript"]);
  for (const version of Object.values(devDependencies)) assert.match(String(version), /^\d+\.\d+\.\d+$/);
});

test("package-lock.json names no registry host, so it works with any registry", () => {
  assert.doesNotMatch(readFileSync(join(REPOSITORY, "package-lock.json"), "utf8"), /"resolved"/);
});

test(".node-version is an exact version that package.json's engines allow", () => {
  const { engines } = readJson("package.json");
  const [, major, minor] = /"node":">=(\d+)\.(\d+)"/.exec(JSON.stringify(engines)) ?? [];
  const wanted = /^(\d+)\.(\d+)\.\d+\n$/.exec(readFileSync(join(REPOSITORY, ".node-version"), "utf8"));
  assert.ok(wanted);
  assert.ok(Number(wanted[1]) > Number(major) || (wanted[1] === major && Number(wanted[2]) >= Number(minor)));
});

for (const name of [".ci/run", ...globSync("scripts/*.sh", { cwd: REPOSITORY })]) {
  const path = join(REPOSITORY, name);
  // A script without an interpreter line is only sourced by others.
  if (!readFileSync(path, "utf8").startsWith("#!")) continue;
  test(`${name} is executable`, () => {
    accessSync(path, constants.X_OK);
  });
}

test("the package contains its program and the files that it reads, and states which Node.js it needs", () => {
  const { bin, files } = readJson("package.json");
  assert.deepEqual(bin, { "webhook-inbox": "dist/main.js" });
  assert.deepEqual(files, ["dist", "!dist/**/*.d.ts", "CHANGELOG.md"]);
  assert.ok(readFileSync(join(REPOSITORY, "src/main.ts"), "utf8").startsWith("#!/usr/bin/env node\n"));
});

test("scripts/test.ts and scripts/test-groups.ts name only test files that exist", () => {
  const sources = ["scripts/test.ts", "scripts/test-groups.ts"].map((name) => readFileSync(join(REPOSITORY, name), "utf8"));
  const starts = [...sources.join("").matchAll(/"(test\/[^"*]+)"/g)].map(([, start = ""]) => start);
  assert.ok(starts.length > 10);
  const files = globSync("test/**/*.test.ts", { cwd: REPOSITORY });
  assert.deepEqual(starts.filter((start) => !files.some((file) => file.startsWith(start))), []);
});
