import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readSecretFile } from "../src/secret-file.ts";
import { watchSecretFile, type SecretWatch } from "../src/secret-watch.ts";
import { temporaryFolder } from "./support/store.ts";
import { until } from "./support/until.ts";

const EVERY_MS = 5_000;

interface Watched {
  readonly watch: SecretWatch;
  /** What was used or refused so far: the current secret, or "refused". */
  readonly told: string[];
  /** Lets the time for one look pass, and waits until it is done. */
  look(expected: readonly string[]): Promise<void>;
}

function watchOf(t: TestContext, file: string): Watched {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const first = readSecretFile(file);
  assert.ok(first.ok);
  const told: string[] = [];
  let reads = 0;
  const watch = watchSecretFile(file, {
    extraPrevious: [],
    inForce: first.value,
    readFile: (path) => readFile(path, "utf8").finally(() => {
      reads += 1;
    }),
    use: ({ current, previous }) => told.push([current, ...previous].join(" ")),
    refuse: (reason) => told.push(reason.startsWith("WEBHOOK_SECRET_FILE: ") ? "refused" : reason),
  });
  t.after(() => watch.stop());
  return {
    watch,
    told,
    async look(expected) {
      const before = reads;
      t.mock.timers.tick(EVERY_MS);
      await until("the file is read", () => reads > before);
      assert.deepEqual(told, expected);
    },
  };
}

test("a file that changes is used within one look, by itself", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "first");
  const { look } = watchOf(t, file);
  writeFileSync(file, "second\nfirst\n");
  await look(["second first"]);
  writeFileSync(file, "second\n");
  await look(["second first", "second"]);
});

test("a link that is swapped, as Kubernetes does it, is followed", async (t) => {
  const folder = temporaryFolder(t);
  const point = (version: string): void => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "secrets"), version);
    symlinkSync(version, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  point("first");
  symlinkSync(join("..data", "secrets"), join(folder, "secrets"));
  const { look } = watchOf(t, join(folder, "secrets"));
  point("second");
  await look(["second"]);
  rmSync(join(folder, "first"), { recursive: true });
  point("third");
  await look(["second", "third"]);
});

/** What becomes of the file. */
const BAD_FILES: readonly (readonly [string, (file: string) => void])[] = [
  ["is gone", (file) => rmSync(file)],
  ["is empty", (file) => writeFileSync(file, "")],
  ["is not UTF-8", (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x41]))],
  ["holds a malformed secret", (file) => writeFileSync(file, "whsec_!")],
];

for (const [title, spoil] of BAD_FILES) {
  test(`a file that ${title} is told of once, until it changes again`, async (t) => {
    const file = join(temporaryFolder(t), "secrets");
    writeFileSync(file, "first");
    const { watch, told, look } = watchOf(t, file);
    spoil(file);
    await look(["refused"]);
    await look(["refused"]);
    // It acts after the looks before it, so that it shows that they said nothing more.
    await watch.reload();
    assert.deepEqual(told, ["refused", "refused"]);
    writeFileSync(file, "first");
    await look(["refused", "refused", "first"]);
  });
}

test("a file that stays the same is read at each look, and nothing is said", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "first");
  const { watch, told, look } = watchOf(t, file);
  await look([]);
  // Only the bytes are others.
  writeFileSync(file, "\nfirst\r\n");
  await look([]);
  await watch.reload();
  assert.deepEqual(told, ["first"]);
});

test("after the stop nothing is used", async (t) => {
  const file = join(temporaryFolder(t), "secrets");
  writeFileSync(file, "first");
  const { watch, told } = watchOf(t, file);
  watch.stop();
  writeFileSync(file, "second");
  t.mock.timers.tick(EVERY_MS);
  await watch.reload();
  assert.deepEqual(told, []);
});

for (const [what, meanwhile, expected] of [
  ["a reload that read what is newer", (watch: SecretWatch) => watch.reload(), ["second"]],
  ["a stop", (watch: SecretWatch) => watch.stop(), []],
] as const) {
  test(`a look that ends after ${what} changes nothing`, async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const slow = Promise.withResolvers<string>();
    const told: string[] = [];
    let reads = 0;
    const watch = watchSecretFile("secrets", {
      extraPrevious: [],
      inForce: { current: "first", previous: [] },
      readFile: () => ((reads += 1) === 1 ? slow.promise : Promise.resolve("second")),
      use: ({ current }) => told.push(current),
      refuse: (reason) => told.push(reason),
    });
    t.after(() => watch.stop());
    t.mock.timers.tick(EVERY_MS);
    await meanwhile(watch);
    slow.resolve("older");
    await new Promise(setImmediate);
    assert.deepEqual(told, expected);
  });
}
