/** Loaded before each test file: if its tests have ended but its process does not exit, it fails and prints what keeps it open. */
import { isMainThread } from "node:worker_threads";

const LIMIT_MS = 10_000;

// The threads of the service load this too, and loading the test runner takes longer than everything else they do.
if (isMainThread) {
  const { after } = await import("node:test");
  after(() => {
    setTimeout(() => {
      process.stderr.write(`Left open after the tests: ${process.getActiveResourcesInfo().join(", ")}\n`);
      process.exit(1);
    }, LIMIT_MS).unref();
  });
}
