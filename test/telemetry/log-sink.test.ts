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
import type { DescriptorWriter } from "../../src/telemetry/descriptor-writer.ts";
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
  assert.ok(log === "" || log.endsWith("\n"), "the last line is whole");
  return log.split("\n").slice(0, -1).map((line): Line => JSON.parse(line));
}

/** Asserts that the first lines are there in order and that one WARNING after them tells how many of `written` are not. */
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
  // Open for both first: each side alone would wait here for the other one.
  const both = openSync(path, constants.O_RDWR);
  const readEnd = openSync(path, constants.O_RDONLY);
  const writeEnd = openSync(path, constants.O_WRONLY);
  closeSync(both);
  return { readEnd, writeEnd };
}

describe("the log on a real descriptor", () => {
  test("reaches a file whole and in order, and leaves the descriptor open", async (t) => {
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

  for (const [what, maxWaitingBytes, loses] of [["loses nothing that fits", 16 * MEBIBYTE, false], ["says how much it lost beyond that", 200_000, true]] as const) {
    test(`waits for a pipe's stalled reader without holding up the process, and ${what}`, LIMITS, async (t) => {
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

  test("reaches the socket that a parent process gives as standard output", LIMITS, async (t) => {
    const child = startChild(t, 5_000, 16 * MEBIBYTE);
    assert.ok(child.stdout !== null);
    const log = text(child.stdout);
    while ((await once(child, "message"))[0] !== "closed");
    child.disconnect();
    assert.equal(assertAccounted(await log, 5_000), 0);
  });

  test("does not keep a process that exits waiting for a stalled reader", LIMITS, async (t) => {
    const { readEnd, writeEnd } = openFifo(t);
    t.after(() => closeSync(readEnd));
    const child = startChild(t, 20_000, 16 * MEBIBYTE, writeEnd);
    closeSync(writeEnd);
    await once(child, "message");
    child.send("exit");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  test("goes silent where the reader is gone, after one word on standard error, and the process lives on", LIMITS, async (t) => {
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

  test("is refused where the descriptor is not open", () => {
    assert.throws(() => createLogSink({ fd: 987_654, nowMs: () => 0 }), { code: "EBADF" });
  });
});

/** A descriptor whose writes end when and how the test says. */
function heldWriter(): {
  readonly openWriter: () => DescriptorWriter;
  readonly begun: string[];
  readonly finish: (error?: Error, written?: number) => void;
} {
  const begun: string[] = [];
  let pending: ((error: Error | undefined, written: number) => void) | undefined;
  let length = 0;
  return {
    begun,
    openWriter: () => (bytes, done) => {
      assert.equal(pending, undefined, "one write at a time");
      begun.push(Buffer.from(bytes).toString());
      pending = done;
      length = bytes.length;
    },
    finish(error, written = error === undefined ? length : 0) {
      const done = pending;
      pending = undefined;
      assert.ok(done !== undefined, "a write is under way");
      done(error, written);
    },
  };
}

const FULL = new Error("ENOSPC: no space left on device");
const LOST = (lines: number): string => `{"ts":"1970-01-01T00:00:00.000Z","level":"WARNING","msg":"log lines lost","lines":${lines}}\n`;

function heldSink(maxWaitingBytes?: number) {
  const { openWriter, begun, finish } = heldWriter();
  const complaints: string[] = [];
  const sink = createLogSink({
    openWriter, nowMs: () => 0, complain: (sentence) => complaints.push(sentence), ...(maxWaitingBytes === undefined ? {} : { maxWaitingBytes }),
  });
  return { sink, begun, finish, complaints };
}

describe("a sink whose reader stalls", () => {
  test("joins what gathers during a write", () => {
    const { sink, begun, finish } = heldSink();
    for (const line of ["a\n", "b\n", "c\n"]) sink.write(line);
    finish();
    assert.deepEqual(begun, ["a\n", "b\nc\n"]);
  });

  for (const [bytes, kept] of [[9, true], [10, true], [11, false]] as const) {
    test(`${kept ? "keeps" : "drops"} a line that makes ${bytes} of 10 bytes wait`, () => {
      const { sink, begun, finish } = heldSink(10);
      sink.write("ééé\n");
      sink.write(`${"x".repeat(bytes - 8)}\n`);
      finish();
      assert.equal(begun[1], kept ? `${"x".repeat(bytes - 8)}\n` : LOST(1));
    });
  }

  test("drops every line until all that waited is written, counts them in one WARNING, and goes on", () => {
    const { sink, begun, finish } = heldSink(10);
    for (const chunk of ["1234\n", "567\n", "too long\nfor it\n", "8\n"]) sink.write(chunk);
    finish();
    sink.write("9\n");
    finish();
    sink.write("after\n");
    finish();
    finish();
    assert.deepEqual(begun, ["1234\n", "567\n", LOST(4), "after\n"]);
  });

  test("settles close only when everything is written, the WARNING too", async () => {
    const { sink, begun, finish } = heldSink(5);
    sink.write("1234\n");
    sink.write("5\n");
    let closed = false;
    const closing = sink.close().then(() => (closed = true));
    finish();
    await Promise.resolve();
    assert.equal(closed, false);
    finish();
    await closing;
    assert.deepEqual(begun, ["1234\n", LOST(1)]);
  });

  test("settles close at once where nothing waits", async () => {
    await heldSink().sink.close();
  });
});

describe("a sink that cannot write", () => {
  test("complains once however often it fails, and close settles", async () => {
    const { sink, finish, complaints } = heldSink();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      sink.write("a\n");
      finish(FULL);
    }
    const closing = sink.close();
    finish(FULL);
    await closing;
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? "", /^Cannot write the log: .*ENOSPC.*\n$/);
  });

  test("says how many lines were lost before the first line that can be written again", () => {
    const { sink, begun, finish } = heldSink();
    sink.write("a\nb\n");
    sink.write("c\n");
    finish(FULL);
    sink.write("d\n");
    finish(FULL);
    sink.write("e\n");
    finish();
    finish();
    sink.write("f\n");
    finish();
    assert.deepEqual(begun, ["a\nb\n", LOST(3), LOST(4), "e\n", "f\n"]);
  });

  for (const [written, next, lost] of [[0, "", 2], [1, "\n", 2], [2, "", 1], [3, "\n", 1]] as const) {
    test(`starts ${next === "" ? "right there" : "a new line"} after a write that stopped at byte ${written}`, () => {
      const { sink, begun, finish } = heldSink();
      sink.write("a\nb\n");
      finish(FULL, written);
      sink.write("c\n");
      finish();
      finish();
      assert.deepEqual(begun, ["a\nb\n", next + LOST(lost), "c\n"]);
    });
  }

  test("still starts a new line, and counts no line for it, where that fails too", () => {
    const { sink, begun, finish } = heldSink();
    sink.write("a\n");
    finish(FULL, 1);
    sink.write("b\n");
    finish(FULL);
    sink.write("c\n");
    finish();
    finish();
    assert.deepEqual(begun, ["a\n", `\n${LOST(1)}`, `\n${LOST(2)}`, "c\n"]);
  });
});
