/** Loaded before each test file: one whose tests have ended, but which does not end itself, fails and says what keeps it. */
import { after } from "node:test";

const LIMIT_MS = 10_000;

after(() => {
  setTimeout(() => {
    process.stderr.write(`Left open after the tests: ${process.getActiveResourcesInfo().join(", ")}\n`);
    process.exit(1);
  }, LIMIT_MS).unref();
});
