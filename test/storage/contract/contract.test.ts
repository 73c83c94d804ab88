import { test } from "node:test";
import { ENGINES } from "../engines.ts";
import { CONTRACT, createRunner } from "./suite.ts";

for (const engine of ENGINES) {
  test(engine.name, { skip: engine.skip, timeout: Infinity }, async (t) => {
    const run = await createRunner(engine, t);
    for (const one of CONTRACT) await t.test(`${one.promise}: ${one.name}`, (t) => run(one, t));
  });
}
