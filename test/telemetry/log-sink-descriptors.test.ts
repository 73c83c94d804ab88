import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, createReadStream, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { createLogSink } from "../../src/telemetry/log-sink.ts";

const CHILD = fileURLToPath(new URL("./log-sink-child.ts", import.meta.url));
const LIMITS = { timeout: 30_000 };
const MEBIBYTE = 1024 * 1024;

interface Line {
  readonly number?: number;
  readonly ts?: string;
  readonly level?: string;
  readonly msg?: string;
  readonly lines?: number;
}

function parseLines(log: string): readonly Line[] {
  assert.ok(log === "" || log.endsWith("\n"), "the last line is complete");
  return log.split("\n").slice(0, -1).map((line): Line => JSON.parse(line));
}

/** Asserts that the first lines are there in order, and that one WARNING after them says how many of `written` are missing. */
function assertAccounted(log: string, written: number): number {
  const lines = parseLines(log);
  const last = lines.at(-1);
  const lost = last?.lines ?? 0;
  const numbered = lost === 0 ? lines : lines.slice(0, -1);
  assert.deepEqual(numbered.map((line) => line.number), Array.from({ length: written - lost }, (_, index) => index));
  if (lost > 0) assert.deepEqual(last, { ts: "1970-01-01T00:00:00.000Z", level: "WARNING", msg: "log lines lost", lines: lost });
  return lost;
}

function startChild(t: TestContext, lineCount: number, maxWaitingBytes: number, stdout: number | "pipe" = "pipe"): ChildProcess {
  const child = spawn(process.execPath, [CHILD, String(lineCount), String(maxWaitingBytes)], { stdio: ["ignore", stdout, "pipe", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

/** Both ends of a named pipe that nobody reads yet. */
function openFifo(t: TestContext): { readonly readEnd: number; readonly writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), "log-sink-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "fifo");
  execFileSync("mkfifo", [path]);
  // Opened for both first, because opening one side waits for the other.
  const both = openSync(path, constants.O_RDWR);
  const readEnd = openSync(path, constants.O_RDONLY);
  const writeEnd = openSync(path, constants.O_WRONLY);
  closeSync(both);
  return { readEnd, writeEnd };
}

describe("the log on a real descriptor", () => {
  test("reaches a file completely and in order, and leaves the descriptor open", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "log-sink-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "log");
    const fd = openSync(path, "w");
    const sink = createLogSink({ fd, nowMs: () => 0 });
    for (let number = 0; number < 20_000; number += 1) sink.write(`{"number":${number},"pad":"Ω"}\n`);
    await sink.close();
    writeSync(fd, '{"number":20000}\n');
    closeSync(fd);
    assert.equal(assertAccounted(readFileSync(path, "utf8"), 20_001), 0);
  });

  const limits = [
    ["loses nothing that fits the buffer", 16 * MEBIBYTE, false],
    ["says how many lines it lost beyond the buffer", 200_000, true],
  ] as const;
  for (const [what, maxWaitingBytes, loses] of limits) {
    test(`waits for a stalled reader of a pipe without blocking the process, and ${what}`, LIMITS, async (t) => {
      const { readEnd, writeEnd } = openFifo(t);
      const child = startChild(t, 20_000, maxWaitingBytes, writeEnd);
      closeSync(writeEnd);
      assert.deepEqual(await once(child, "message"), ["turning", undefined]);
      const log = text(createReadStream("", { fd: readEnd }));
      assert.deepEqual(await once(child, "message"), ["closed", undefined]);
      child.disconnect();
      assert.deepEqual(await once(child, "exit"), [0, null]);
      assert.equal(assertAccounted(await log, 20_000) > 0, loses);
    });
  }

  test("reaches a socket that the parent process provides as standard output", LIMITS, async (t) => {
    const child = startChild(t, 5_000, 16 * MEBIBYTE);
    assert.ok(child.stdout !== null);
    const log = text(child.stdout);
    while ((await once(child, "message"))[0] !== "closed");
    child.disconnect();
    assert.equal(assertAccounted(await log, 5_000), 0);
  });

  test("does not delay the exit of the process because of a stalled reader", LIMITS, async (t) => {
    const { readEnd, writeEnd } = openFifo(t);
    t.after(() => closeSync(readEnd));
    const child = startChild(t, 20_000, 16 * MEBIBYTE, writeEnd);
    closeSync(writeEnd);
    await once(child, "message");
    child.send("exit");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  test("stops after one line on standard error if the reader has gone, and the process continues", LIMITS, async (t) => {
    const { readEnd, writeEnd } = openFifo(t);
    closeSync(readEnd);
    const child = startChild(t, 20_000, 16 * MEBIBYTE, writeEnd);
    closeSync(writeEnd);
    assert.ok(child.stderr !== null);
    const complaint = text(child.stderr);
    while ((await once(child, "message"))[0] !== "closed");
    child.disconnect();
    assert.deepEqual(await once(child, "exit"), [0, null]);
    assert.match(await complaint, /^Cannot write the log: [^\n]*EPIPE[^\n]*\n$/);
  });

  test("is refused if the descriptor is not open", () => {
    assert.throws(() => createLogSink({ fd: 987_654, nowMs: () => 0 }), { code: "EBADF" });
  });
});
