import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescriptorWriter } from "../../src/telemetry/descriptor-writer.ts";
import { createLogSink } from "../../src/telemetry/log-sink.ts";

/** A descriptor whose writes end when and how the test decides. */
function manualWriter(): {
  readonly openWriter: () => DescriptorWriter;
  readonly writes: string[];
  readonly finish: (error?: Error, written?: number) => void;
} {
  const writes: string[] = [];
  let pending: ((error: Error | undefined, written: number) => void) | undefined;
  let length = 0;
  return {
    writes,
    openWriter: () => (bytes, done) => {
      assert.equal(pending, undefined, "one write at a time");
      writes.push(Buffer.from(bytes).toString());
      pending = done;
      length = bytes.length;
    },
    finish(error, written = error === undefined ? length : 0) {
      const done = pending;
      pending = undefined;
      assert.ok(done !== undefined, "a write is in progress");
      done(error, written);
    },
  };
}

const FULL = new Error("ENOSPC: no space left on device");
const LOST = (lines: number): string => `{"ts":"1970-01-01T00:00:00.000Z","level":"WARNING","msg":"log lines lost","lines":${lines}}\n`;

function manualSink(maxWaitingBytes = 1000) {
  const { openWriter, writes, finish } = manualWriter();
  const complaints: string[] = [];
  const sink = createLogSink({
    openWriter,
    nowMs: () => 0,
    complain: (sentence) => complaints.push(sentence),
    maxWaitingBytes,
  });
  return { sink, writes, finish, complaints };
}

describe("a sink whose reader stalls", () => {
  test("joins the lines that gather during a write", () => {
    const { sink, writes, finish } = manualSink();
    for (const line of ["a\n", "b\n", "c\n"]) sink.write(line);
    finish();
    assert.deepEqual(writes, ["a\n", "b\nc\n"]);
  });

  for (const [bytes, kept] of [[9, true], [10, true], [11, false]] as const) {
    test(`${kept ? "keeps" : "drops"} a line that would fill ${bytes} of 10 bytes of the buffer`, () => {
      const { sink, writes, finish } = manualSink(10);
      sink.write("ééé\n");
      sink.write(`${"x".repeat(bytes - 8)}\n`);
      finish();
      assert.equal(writes[1], kept ? `${"x".repeat(bytes - 8)}\n` : LOST(1));
    });
  }

  test("drops every line until the buffer is written, counts the dropped ones in one WARNING, and continues", () => {
    const { sink, writes, finish } = manualSink(10);
    for (const chunk of ["1234\n", "567\n", "too long\nfor it\n", "8\n"]) sink.write(chunk);
    finish();
    sink.write("9\n");
    finish();
    sink.write("after\n");
    finish();
    finish();
    assert.deepEqual(writes, ["1234\n", "567\n", LOST(4), "after\n"]);
  });

  test("has as much room after the WARNING as before", () => {
    const { sink, writes, finish } = manualSink(10);
    for (const chunk of ["1234\n", "too long\n"]) sink.write(chunk);
    finish();
    finish();
    for (const chunk of ["1234\n", "too long\n"]) sink.write(chunk);
    finish();
    assert.deepEqual(writes, ["1234\n", LOST(1), "1234\n", LOST(1)]);
  });

  test("settles close only when everything is written, including the WARNING", async () => {
    const { sink, writes, finish } = manualSink(5);
    sink.write("1234\n");
    sink.write("5\n");
    let closed = false;
    const closing = sink.close().then(() => (closed = true));
    finish();
    await Promise.resolve();
    assert.equal(closed, false);
    finish();
    await closing;
    assert.deepEqual(writes, ["1234\n", LOST(1)]);
  });

  test("settles close at once if nothing waits", async () => {
    await manualSink().sink.close();
  });
});

describe("a sink that cannot write", () => {
  test("complains once, however often it fails, and settles close", async () => {
    const { sink, finish, complaints } = manualSink();
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
    const { sink, writes, finish } = manualSink();
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
    assert.deepEqual(writes, ["a\nb\n", LOST(3), LOST(4), "e\n", "f\n"]);
  });

  for (const [written, next, lost] of [[0, "", 2], [1, "\n", 2], [2, "", 1], [3, "\n", 1]] as const) {
    test(`starts ${next === "" ? "at once" : "a new line"} after a write that stopped at byte ${written}`, () => {
      const { sink, writes, finish } = manualSink();
      sink.write("a\nb\n");
      finish(FULL, written);
      sink.write("c\n");
      finish();
      finish();
      assert.deepEqual(writes, ["a\nb\n", next + LOST(lost), "c\n"]);
    });
  }

  test("starts a new line again, without counting it as lost, if that write fails too", () => {
    const { sink, writes, finish } = manualSink();
    sink.write("a\n");
    finish(FULL, 1);
    sink.write("b\n");
    finish(FULL);
    sink.write("c\n");
    finish();
    finish();
    assert.deepEqual(writes, ["a\n", `\n${LOST(1)}`, `\n${LOST(2)}`, "c\n"]);
  });
});
