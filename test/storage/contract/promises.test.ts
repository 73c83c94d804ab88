import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ENGINES } from "../engines.ts";
import { CONTRACT } from "./suite.ts";

const README = readFileSync(new URL("../../../src/storage/README.md", import.meta.url), "utf8");

test("the promises of storage/README.md are numbered without gaps, and the contract has cases for exactly these numbers", () => {
  const promised = [...README.matchAll(/^- \*\*(P\d+)\*\* /gm)].map(([, number]) => number ?? "");
  assert.deepEqual(promised, promised.map((_, index) => `P${index + 1}`));
  const held = [...new Set(CONTRACT.map(({ promise }): string => promise))];
  assert.deepEqual(held.toSorted(), promised.toSorted());
});

test("no two cases of the contract have the same name", () => {
  const names = CONTRACT.map(({ promise, name }) => `${promise}: ${name}`);
  assert.equal(new Set(names).size, names.length);
});

test("every shipped engine runs the contract", () => {
  assert.ok(ENGINES.length > 0);
  for (const { name } of ENGINES) assert.ok(existsSync(new URL(`../${name}/contract.test.ts`, import.meta.url)), name);
});
