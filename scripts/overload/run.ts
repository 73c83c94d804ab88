import { runCase } from "./case.ts";
import { CASES } from "./cases.ts";

const { CASE = "" } = process.env;
const chosen = CASES.filter(({ name }) => name.includes(CASE));
let failed = 0;
for (const overload of chosen) {
  const { figures, problems } = await runCase(overload);
  process.stdout.write(`${problems.length === 0 ? "passed" : "FAILED"}  ${overload.name}\n        ${figures}\n`);
  for (const problem of problems) process.stdout.write(`        ${problem}\n`);
  if (problems.length > 0) failed += 1;
}
process.stdout.write(`${chosen.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
