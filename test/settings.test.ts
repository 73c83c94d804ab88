import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS } from "../src/settings.ts";
import { readRepositoryFile } from "./ops/files.ts";
import { parseMarkdown } from "./support/markdown.ts";

const ROWS = Object.values(SETTINGS);

test("README's table has a row for each setting, with its default and what it is for", () => {
  assert.deepEqual(
    parseMarkdown(readRepositoryFile("README.md")).get("Settings")?.rows,
    ROWS.map((row) => [`\`${row.name}\``, row.default === "" ? "–" : `\`${row.default}\``, row.doc]),
  );
});

test(".env.example shows each setting with its default, else with an example, and is valid as it is except the secret", () => {
  const [own = ""] = readRepositoryFile(".env.example").split("# Only for Compose.");
  const shown = Array.from(own.matchAll(/^#?([A-Z_]+)=(.*)$/gm), ([, name = "", value = ""]) => [name, value]);
  assert.deepEqual(shown.toSorted(), ROWS.map((row) => [row.name, row.default || (row.example ?? "")]).toSorted());
  assert.deepEqual(own.match(/^[A-Z_]+=.*$/gm), ["WEBHOOK_SECRET="]);
});

test("every default and every example is one that the setting takes", () => {
  assert.deepEqual(ROWS.filter((row) => !row.parse(row.default || (row.example ?? "")).ok), []);
});

test("Compose passes on every setting", () => {
  const files = readRepositoryFile("docker-compose.yml") + readRepositoryFile("ops/compose/secret-file.yml");
  // The image listens on every address of its own network; which of the machine's is published is PUBLISH_ADDRESS.
  assert.deepEqual(ROWS.filter(({ name }) => !new RegExp(`^ {6}${name}:`, "m").test(files)).map(({ name }) => name), ["HOST"]);
});

test("settings have names of their own", () => {
  assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});
