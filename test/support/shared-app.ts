import { after } from "node:test";
import { startTestApp, type TestApp, type TestAppOptions } from "./app.ts";

/** A service that all tests of a file share; the first test that needs it starts it. No test may depend on what another one did. */
export function sharedApp(options: TestAppOptions = {}): () => Promise<TestApp> {
  const releases: (() => unknown)[] = [];
  let started: Promise<TestApp> | undefined;
  after(async () => {
    for (const release of releases) await release();
  });
  return () => (started ??= startTestApp({ after: (release) => void releases.push(release) }, options));
}
