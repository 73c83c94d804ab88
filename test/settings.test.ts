import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS } from "../src/settings.ts";
import { readRepositoryFile } from "./ops/files.ts";
import { parseMarkdown } from "./support/markdown.ts";

const ROWS = Object.values(SETTINGS);

test("the README table has a row for each setting, with its default and description", () => {
  assert.deepEqual(
    parseMarkdown(readRepositoryFile("README.md")).get("Settings")?.rows,
    ROWS.map((row) => [`\`${row.name}\``, row.default === "" ? "–" : `\`${row.default}\``, row.doc]),
  );
});

test(".env.example shows each setting with its default, or an example if it has none, and is valid except for the secret", () => {
  const [own = ""] = readRepositoryFile(".env.example").split("# Only for Compose.");
  const shown = Array.from(own.matchAll(/^#?([A-Z_]+)=(.*)$/gm), ([, name = "", value = ""]) => [name, value]);
  assert.deepEqual(shown.toSorted(), ROWS.map((row) => [row.name, row.default || (row.example ?? "")]).toSorted());
  assert.deepEqual(own.match(/^[A-Z_]+=.*$/gm), ["WEBHOOK_SECRET="]);
});

test("every default and every example is valid", () => {
  assert.deepEqual(ROWS.filter((row) => !row.parse(row.default || (row.example ?? "")).ok), []);
});

test("Compose passes on every setting", () => {
  const files = readRepositoryFile("docker-compose.yml") + readRepositoryFile("ops/compose/secret-file.yml");
  // In the container the service listens on all addresses; PUBLISH_ADDRESS decides which host address is published.
  assert.deepEqual(ROWS.filter(({ name }) => !new RegExp(`^ {6}${name}:`, "m").test(files)).map(({ name }) => name), ["HOST"]);
});

test("no two settings share a name", () => {
  assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});
