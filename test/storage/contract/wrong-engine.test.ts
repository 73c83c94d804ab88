import { test } from "node:test";
import { createMemoryEngine } from "./memory-engine.ts";
import { CONTRACT, createRunner } from "./suite.ts";

test("the engine in memory keeps every promise", async (t) => {
  const run = await createRunner(createMemoryEngine("memory"), t);
  for (const one of CONTRACT) await t.test(`${one.promise}: ${one.name}`, (t) => run(one, t));
});
