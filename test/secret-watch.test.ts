import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readSecretFile } from "../src/secret-file.ts";
import { watchSecretFile, type SecretWatch } from "../src/secret-watch.ts";
import { temporaryFolder } from "./support/store.ts";
import { until } from "./support/until.ts";

const INTERVAL_MS = 5_000;

interface Watched {
  readonly watch: SecretWatch;
  /** What was reported so far: the secrets that were used, or "refused". */
  readonly reported: string[];
  /** Lets one interval pass, waits until the file has been read, and compares what was reported. */
  check(expected: readonly string[]): Promise<void>;
}

function watchOf(t: TestContext, file: string): Watched {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const first = readSecretFile(file);
  assert.ok(first.ok);
  const reported: string[] = [];
  let reads = 0;
  const watch = watchSecretFile(file, {
    extraPrevious: [],
    inForce: first.value,
    readFile: (path) => readFile(path, "utf8").finally(() => {
      reads += 1;
    }),
    use: ({ current, previous }) => reported.push([current, ...previous].join(" ")),
    refuse: (reason) => reported.push(reason.startsWith("WEBHOOK_SECRET_FILE: ") ? "refused" : reason),
  });
  t.after(() => watch.stop());
  return {
    watch,
    reported,
    async check(expected) {
      const before = reads;
      t.mock.timers.tick(INTERVAL_MS);
      await until("the file is read", () => reads > before);
      assert.deepEqual(reported, expected);
    },
  };
}

test("a changed file takes effect within one interval, without a reload", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "first");
  const { check } = watchOf(t, file);
  writeFileSync(file, "second\nfirst\n");
  await check(["second first"]);
  writeFileSync(file, "second\n");
  await check(["second first", "second"]);
});

test("a symbolic link that is replaced, as in Kubernetes, is followed", async (t) => {
  const folder = temporaryFolder(t);
  const point = (version: string): void => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "secrets"), version);
    symlinkSync(version, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  point("first");
  symlinkSync(join("..data", "secrets"), join(folder, "secrets"));
  const { check } = watchOf(t, join(folder, "secrets"));
  point("second");
  await check(["second"]);
  rmSync(join(folder, "first"), { recursive: true });
  point("third");
  await check(["second", "third"]);
});

/** What happens to the file. */
const BAD_FILES: readonly (readonly [string, (file: string) => void])[] = [
  ["is deleted", (file) => rmSync(file)],
  ["is empty", (file) => writeFileSync(file, "")],
  ["is not UTF-8", (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x41]))],
  ["contains a malformed secret", (file) => writeFileSync(file, "whsec_!")],
];

for (const [title, damage] of BAD_FILES) {
  test(`a file that ${title} is reported once, until it changes again`, async (t) => {
    const file = join(temporaryFolder(t), "secrets");
    writeFileSync(file, "first");
    const { watch, reported, check } = watchOf(t, file);
    damage(file);
    await check(["refused"]);
    await check(["refused"]);
    // A reload runs after the earlier checks, so it proves that they reported nothing more.
    await watch.reload();
    assert.deepEqual(reported, ["refused", "refused"]);
    writeFileSync(file, "first");
    await check(["refused", "refused", "first"]);
  });
}

test("a file with the same secrets is read at each interval, and nothing is reported", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "first");
  const { watch, reported, check } = watchOf(t, file);
  await check([]);
  // Other bytes, the same secrets.
  writeFileSync(file, "\nfirst\r\n");
  await check([]);
  await watch.reload();
  assert.deepEqual(reported, ["first"]);
});

test("after a stop nothing is used", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "first");
  const { watch, reported } = watchOf(t, file);
  watch.stop();
  writeFileSync(file, "second");
  t.mock.timers.tick(INTERVAL_MS);
  await watch.reload();
  assert.deepEqual(reported, []);
});

for (const [what, meanwhile, expected] of [
  ["a reload that read a newer file", (watch: SecretWatch) => watch.reload(), ["second"]],
  ["a stop", (watch: SecretWatch) => watch.stop(), []],
] as const) {
  test(`a check that ends after ${what} changes nothing`, async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const slow = Promise.withResolvers<string>();
    const reported: string[] = [];
    let reads = 0;
    const watch = watchSecretFile("secrets", {
      extraPrevious: [],
      inForce: { current: "first", previous: [] },
      readFile: () => ((reads += 1) === 1 ? slow.promise : Promise.resolve("second")),
      use: ({ current }) => reported.push(current),
      refuse: (reason) => reported.push(reason),
    });
    t.after(() => watch.stop());
    t.mock.timers.tick(INTERVAL_MS);
    await meanwhile(watch);
    slow.resolve("older");
    await new Promise(setImmediate);
    assert.deepEqual(reported, expected);
  });
}
