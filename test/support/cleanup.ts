import { after } from "node:test";

type Release = () => unknown;

/** Something that ends: a test, or all tests of a file. */
export interface Lifetime {
  after(release: () => Promise<void>): void;
}

const releases = new WeakMap<Lifetime, Release[]>();

/** Calls `release` at the end of a test or a file, the latest first: `t.after` would remove the folder before the service in it stops. */
export function atEnd(t: Lifetime, release: Release): void {
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

/** The lifetime of the file or suite that calls this at its top level: until all of its tests have ended. */
export function untilTestsEnd(): Lifetime {
  const releases: Release[] = [];
  after(async () => {
    for (const release of releases) await release();
  });
  return { after: (release) => void releases.push(release) };
}
