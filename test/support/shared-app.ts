import { after } from "node:test";
import { startTestApp, type TestApp, type TestAppOptions } from "./app.ts";

/** One service for all tests of a file, started by the first that asks for it. None of them may depend on what the others did. */
export function sharedApp(options: TestAppOptions = {}): () => Promise<TestApp> {
  const releases: (() => unknown)[] = [];
  let started: Promise<TestApp> | undefined;
  after(async () => {
    for (const release of releases) await release();
  });
  return () => (started ??= startTestApp({ after: (release) => void releases.push(release) }, options));
}
