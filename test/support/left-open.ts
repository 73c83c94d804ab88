/** Loaded before each test file: one whose tests have ended, but which does not end itself, fails and says what keeps it. */
import { isMainThread } from "node:worker_threads";

const LIMIT_MS = 10_000;

// The threads of the service load this too: the test runner would cost each of them more than all that it does.
if (isMainThread) {
  const { after } = await import("node:test");
  after(() => {
    setTimeout(() => {
      process.stderr.write(`Left open after the tests: ${process.getActiveResourcesInfo().join(", ")}\n`);
      process.exit(1);
    }, LIMIT_MS).unref();
  });
}
