import type { FinishedExchange } from "../core/exchange.ts";
import { eventLine, requestLine, type LogFields, type LogLevel } from "./log-line.ts";

/** Writes JSON lines; lines below the level cost nothing. */
export interface Logger {
  /** One finished request: INFO below 400, WARNING for 4xx and for warnings, ERROR for 5xx and for a stream that a fault ended. */
  request(exchange: FinishedExchange): void;
  debug(msg: string, fields?: LogFields): void;
  info(msg: string, fields?: LogFields): void;
  warning(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
  /** Passes all waiting lines to `write`. Call it before a normal exit, since the timer does not keep the process alive. */
  flush(): void;
}

export interface LoggerOptions {
  /** Lines below this level are not written. */
  readonly level: LogLevel;
  /** Takes whole lines, each ending with a line feed. */
  readonly write: (chunk: string) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

const RANKS: Readonly<Record<LogLevel, number>> = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3 };
const FLUSH_AFTER_MS = 10;
const FLUSH_ABOVE_UNITS = 32 * 1024;

/** Creates a logger that gathers lines and writes them in batches, at most about 10 ms late. */
export function createLogger({ level, write, nowMs }: LoggerOptions): Logger {
  const lowestRank = RANKS[level];
  let pending = "";
  let timer: NodeJS.Timeout | undefined;
  let stampMs = NaN;
  let stamp = "";

  function timestamp(): string {
    const now = nowMs();
    // Under load many lines share a millisecond, and formatting a date costs more than the rest of a line.
    if (now !== stampMs) {
      stampMs = now;
      stamp = new Date(now).toISOString();
    }
    return stamp;
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending === "") return;
    const chunk = pending;
    pending = "";
    write(chunk);
  }

  function append(line: string): void {
    pending += line;
    if (pending.length > FLUSH_ABOVE_UNITS) flush();
    else timer ??= setTimeout(flush, FLUSH_AFTER_MS).unref();
  }

  function event(eventLevel: LogLevel, msg: string, fields: LogFields = {}): void {
    if (RANKS[eventLevel] >= lowestRank) append(eventLine(timestamp(), eventLevel, msg, fields));
  }

  return {
    request(exchange): void {
      const lineLevel = levelOf(exchange);
      if (RANKS[lineLevel] >= lowestRank) append(requestLine(timestamp(), lineLevel, exchange));
    },
    debug: (msg, fields) => event("DEBUG", msg, fields),
    info: (msg, fields) => event("INFO", msg, fields),
    warning: (msg, fields) => event("WARNING", msg, fields),
    error: (msg, fields) => event("ERROR", msg, fields),
    flush,
  };
}

function levelOf({ status, stream, delivery }: FinishedExchange): LogLevel {
  // The fault came after the status was sent, so the status does not show it.
  if (stream?.ended === "fault") return "ERROR";
  if (status < 400) return delivery?.warnings === undefined ? "INFO" : "WARNING";
  return status < 500 ? "WARNING" : "ERROR";
}
