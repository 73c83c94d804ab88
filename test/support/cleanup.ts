import type { TestContext } from "node:test";

type Release = () => unknown;

const releases = new WeakMap<TestContext, Release[]>();

/** Releases at the end of a test, the latest first: `t.after` alone would remove the folder before the service in it stops. */
export function atEnd(t: TestContext, release: Release): void {
  const registered = releases.get(t);
  if (registered !== undefined) {
    registered.push(release);
    return;
  }
  const stack = [release];
  releases.set(t, stack);
  t.after(async () => {
    for (const next of stack.reverse()) await next();
  });
}
