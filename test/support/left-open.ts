/**
 * Loaded before the tests of a process, since their time limit does not apply to a process whose tests have ended: if it does not
 * exit, it fails and prints what keeps it open.
 */
import { after } from "node:test";

const LIMIT_MS = 10_000;

after(() => {
  setTimeout(() => {
    process.stderr.write(`Left open after the tests: ${process.getActiveResourcesInfo().join(", ")}\n`);
    process.exit(1);
  }, LIMIT_MS).unref();
});
