import assert from "node:assert/strict";
import fs, { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { createDescriptorWriter } from "../../src/telemetry/descriptor-writer.ts";

type Written = (error: NodeJS.ErrnoException | null, count: number) => void;

/** Makes each write to a file fail with the next of the codes. If that is undefined or missing, at most three bytes are written. */
function limitWrites(t: TestContext, codes: (string | undefined)[]): void {
  t.mock.method(fs, "write", (fd: number, bytes: Uint8Array, offset: number, length: number, _position: null, done: Written) => {
    const code = codes.shift();
    const count = code === undefined ? writeSync(fd, bytes, offset, Math.min(3, length)) : 0;
    process.nextTick(done, code === undefined ? null : Object.assign(new Error(code), { code }), count);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

async function writeToFile(t: TestContext, text: string): Promise<{ content: string; error: string | undefined; written: number }> {
  const folder = mkdtempSync(join(tmpdir(), "descriptor-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "file");
  const fd = openSync(path, "w");
  const write = createDescriptorWriter(fd);
  const result = await new Promise<{ error: string | undefined; written: number }>((resolve) => {
    write(Buffer.from(text), (error, written) => resolve({ error: error?.message, written }));
  });
  closeSync(fd);
  return { ...result, content: readFileSync(path, "utf8") };
}

test("after a partial write the rest is written with further writes", async (t) => {
  limitWrites(t, []);
  assert.deepEqual(await writeToFile(t, "0123456789"), { content: "0123456789", error: undefined, written: 10 });
});

test("after EAGAIN a write continues from where it stopped", async (t) => {
  limitWrites(t, [undefined, "EAGAIN", "EAGAIN"]);
  assert.deepEqual(await writeToFile(t, "0123456789"), { content: "0123456789", error: undefined, written: 10 });
});

test("an error reports how many bytes were written before it", async (t) => {
  limitWrites(t, [undefined, undefined, "ENOSPC"]);
  assert.deepEqual(await writeToFile(t, "0123456789"), { content: "012345", error: "ENOSPC", written: 6 });
});
