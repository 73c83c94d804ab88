import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FinishedExchange } from "../../src/core/exchange.ts";
import { jsonString } from "../../src/telemetry/log-line.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import type { LogLevel } from "../../src/telemetry/log-line.ts";
import type { Logger } from "../../src/telemetry/logger.ts";

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;
const EXCHANGE: FinishedExchange = {
  requestId: "r-1", method: "GET", path: "/stats", route: "/stats", status: 200, durationMs: 1.23456,
};

interface Collecting {
  readonly logger: Logger;
  readonly chunks: string[];
  readonly lines: () => readonly unknown[];
}

function collecting(level: LogLevel = "DEBUG", nowMs: () => number = () => 0): Collecting {
  const chunks: string[] = [];
  const logger = createLogger({ level, write: (chunk) => chunks.push(chunk), nowMs });
  return {
    logger,
    chunks,
    lines: () => {
      logger.flush();
      return chunks.join("").split("\n").slice(0, -1).map((line): unknown => JSON.parse(line));
    },
  };
}

describe("a string in a log line", () => {
  // The last column is the whole literal. Plain text stays readable; what could end a line or control a terminal is escaped.
  const rows: readonly (readonly [string, string, string])[] = [
    ["plain text", "/messages/a b~!", '"/messages/a b~!"'],
    ["an empty string", "", '""'],
    ["a quote and a backslash", 'a"b\\c', '"a\\"b\\\\c"'],
    ["line endings", "a\nb\r\u0085\u2028\u2029", '"a\\nb\\r\\u0085\\u2028\\u2029"'],
    ["control characters", "\u0000\u001b[31m\u007f\u009b", '"\\u0000\\u001b[31m\\u007f\\u009b"'],
    ["plain text with DEL", "a\u007f", '"a\\u007f"'],
    ["a lone high surrogate", "a\ud83d", '"a\\ud83d"'],
    ["a lone low surrogate", "\ude00a", '"\\ude00a"'],
    ["letters and emoji", "Οδυσσεύς 😀", '"Οδυσσεύς 😀"'],
    ["text that looks like the end of a log line", '","level":"ERROR"}', '"\\",\\"level\\":\\"ERROR\\"}"'],
  ];
  for (const [what, value, literal] of rows) {
    test(`reads back unchanged: ${what}`, () => {
      assert.equal(jsonString(value), literal);
      assert.equal(JSON.parse(jsonString(value)), value);
    });
  }

  test("is JSON for every code unit", () => {
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      const value = `a${String.fromCharCode(unit)}z`;
      assert.equal(JSON.parse(jsonString(value)), value);
    }
  });
});

describe("the log line of a request", () => {
  const hostile = ['"', "\\", "\n", "\u2028", "\ud800", "\u0000", '"}\n{"level":"ERROR"'].join("");

  test("is one line of JSON, whatever its strings contain", () => {
    const { logger, chunks, lines } = collecting();
    logger.request({
      ...EXCHANGE, requestId: hostile, method: hostile, path: hostile, fault: hostile, delivery: { result: "created", messageId: hostile },
    });
    assert.deepEqual(lines(), [{
      ts: "1970-01-01T00:00:00.000Z", level: "INFO", request_id: hostile, method: hostile, path: hostile, status: 200, latency_ms: 1.235,
      message_id: hostile, dup: false, result: "created", error: hostile,
    }]);
    assert.equal(chunks.join("").split(/[\n\r\u0085\u2028\u2029]/).length, 2);
  });

  for (const [durationMs, written] of [[0, 0], [0.0004, 0], [0.0005, 0.001], [12.3456, 12.346], [60_000.25, 60_000.25]] as const) {
    test(`writes ${durationMs} ms as ${written}`, () => {
      const { logger, lines } = collecting();
      logger.request({ ...EXCHANGE, durationMs });
      const [line] = lines();
      assert.ok(typeof line === "object" && line !== null && "latency_ms" in line);
      assert.equal(line.latency_ms, written);
    });
  }

  const statuses: readonly (readonly [number, LogLevel])[] = [
    [200, "INFO"], [204, "INFO"], [399, "INFO"], [400, "WARNING"], [499, "WARNING"], [500, "ERROR"], [503, "ERROR"],
  ];
  for (const [status, level] of statuses) {
    test(`with status ${status} has level ${level} and is written if LOG_LEVEL is that level or lower`, () => {
      for (const threshold of LEVELS) {
        const { logger, lines } = collecting(threshold);
        logger.request({ ...EXCHANGE, status });
        const levels = lines().map((line) => typeof line === "object" && line !== null && "level" in line && line.level);
        assert.deepEqual(levels, LEVELS.indexOf(threshold) <= LEVELS.indexOf(level) ? [level] : []);
      }
    });
  }
});

test("the log line of a stream has its duration and what ended it, and a fault is an ERROR", () => {
  for (const [ended, level] of [["complete", "INFO"], ["client", "INFO"], ["stop", "INFO"], ["fault", "ERROR"]] as const) {
    const { logger, lines } = collecting();
    logger.request({ ...EXCHANGE, stream: { durationMs: 1234.5678, ended } });
    assert.partialDeepStrictEqual(lines(), [{ level, status: 200, stream_ms: 1234.568, ended }]);
  }
});

describe("a lifecycle line", () => {
  for (const [index, threshold] of LEVELS.entries()) {
    test(`is written at ${threshold} and above`, () => {
      const { logger, lines } = collecting(threshold);
      logger.debug("d");
      logger.info("i");
      logger.warning("w");
      logger.error("e");
      const expected = LEVELS.map((level) => ({ ts: "1970-01-01T00:00:00.000Z", level, msg: level.charAt(0).toLowerCase() }));
      assert.deepEqual(lines(), expected.slice(index));
    });
  }

  test("has its fields, which cannot replace the time, the level or the message", () => {
    const { logger, lines } = collecting();
    const fields = { url: "http://127.0.0.1:8000", port: 8000, ok: true, none: null, list: ["a", "\n"] };
    logger.info("started", { ...fields, ts: "no", level: "no", msg: "no" });
    assert.deepEqual(lines(), [{ ts: "1970-01-01T00:00:00.000Z", level: "INFO", msg: "started", ...fields }]);
  });

  test("has the time of its own millisecond", () => {
    let now = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
    const { logger, lines } = collecting("INFO", () => now);
    logger.info("a");
    logger.info("b");
    now += 1;
    logger.info("c");
    assert.deepEqual(lines(), [
      { ts: "2026-12-31T23:59:59.999Z", level: "INFO", msg: "a" },
      { ts: "2026-12-31T23:59:59.999Z", level: "INFO", msg: "b" },
      { ts: "2027-01-01T00:00:00.000Z", level: "INFO", msg: "c" },
    ]);
  });
});

describe("log lines are written in batches", () => {
  test("after 10 ms, in one chunk", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logger, chunks } = collecting();
    logger.info("a");
    t.mock.timers.tick(5);
    logger.request(EXCHANGE);
    t.mock.timers.tick(4);
    assert.deepEqual(chunks, []);
    t.mock.timers.tick(1);
    assert.equal(chunks.length, 1);
    assert.match(chunks[0] ?? "", /^\{.*"a"\}\n\{.*\}\n$/);
    logger.info("b");
    t.mock.timers.tick(10);
    assert.equal(chunks.length, 2);
  });

  test("at once when more than 32 KiB have gathered", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logger, chunks } = collecting();
    logger.info("x".repeat(32 * 1024 - 100));
    assert.equal(chunks.length, 0);
    logger.info("y".repeat(100));
    assert.equal(chunks.length, 1);
    t.mock.timers.tick(10);
    assert.equal(chunks.length, 1);
  });

  test("by flush, which writes nothing if nothing waits", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logger, chunks } = collecting();
    logger.flush();
    logger.info("a");
    logger.flush();
    logger.flush();
    t.mock.timers.tick(10);
    assert.equal(chunks.length, 1);
  });

  test("which a line below the level does not start", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { logger, chunks } = collecting("ERROR");
    logger.request(EXCHANGE);
    logger.warning("w");
    t.mock.timers.tick(10);
    assert.deepEqual(chunks, []);
  });
});
