import { randomUUID } from "node:crypto";
import { readLog, startTestApp, type TestApp, type TestAppOptions } from "./app.ts";
import { untilTestsEnd } from "./cleanup.ts";
import { until } from "./until.ts";

/**
 * A service that tests of a file share; the first test that needs it starts it. No test may depend on what another one did. Each
 * call gives the log from then on.
 */
export function sharedApp(options: TestAppOptions = {}): () => Promise<TestApp> {
  const lifetime = untilTestsEnd();
  let started: Promise<TestApp> | undefined;
  return async () => fromNow(await (started ??= startTestApp(lifetime, options)));
}

/** The same service, but its log begins after everything that earlier requests wrote. */
async function fromNow(app: TestApp): Promise<TestApp> {
  const id = randomUUID();
  await app.request("/health/live", { headers: { "X-Request-ID": id } });
  await until("the request is logged", () => app.rawLog().includes(id));
  const start = app.rawLog().indexOf("\n", app.rawLog().indexOf(id)) + 1;
  return { ...app, ...readLog(() => app.rawLog().slice(start)) };
}
