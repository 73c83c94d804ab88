import { write as writeDescriptor } from "node:fs";
import { createDescriptorWriter } from "./descriptor-writer.ts";
import type { DescriptorWriter } from "./descriptor-writer.ts";
import { eventLine } from "./log-line.ts";

/** Where log lines leave the process. */
export interface LogSink {
  /** Takes whole lines, each ending with a line feed; never waits and never throws. */
  readonly write: (chunk: string) => void;
  /** Settles once everything so far is written or failed; does not settle while the reader stalls. */
  close(): Promise<void>;
}

export interface LogSinkOptions {
  /** The descriptor to write to; 1 by default. */
  readonly fd?: number;
  /** The maximum number of bytes that wait for the reader; 16 MiB by default. */
  readonly maxWaitingBytes?: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Opens the descriptor; tests inject a writer that fails. */
  readonly openWriter?: (fd: number) => DescriptorWriter;
  /** Called once, with the reason, when a write fails; writes to standard error by default. */
  readonly complain?: (sentence: string) => void;
}

const DEFAULT_WAITING_BYTES = 16 * 1024 * 1024;
const JOIN_BELOW_UNITS = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * A sink that drops lines rather than use more memory or wait. If more than `maxWaitingBytes` wait because the reader stalls, further
 * lines are dropped until the queue is written; then one WARNING line reports how many were lost. If writing fails (the reader is
 * gone, the disk is full) the lines are lost too, and one line on standard error reports it. Each later chunk tries again, so a disk
 * that has space again gets the WARNING and the lines after it. Throws if the descriptor is not open.
 */
export function createLogSink({
  fd = 1, maxWaitingBytes = DEFAULT_WAITING_BYTES, nowMs, openWriter = createDescriptorWriter, complain = complainOnStderr,
}: LogSinkOptions): LogSink {
  const writer = openWriter(fd);
  // At most one write at a time keeps the order; lines that arrive meanwhile are joined into chunks of about 64 KiB.
  let queue: string[] = [];
  let waitingBytes = 0;
  let writing = false;
  let lostLines = 0;
  let failing = false;
  let complained = false;
  // The last write failed inside a line: the next text, which is always the report of that, must begin with a line feed.
  let halfLine = false;
  let onIdle: (() => void)[] = [];

  function enqueue(chunk: string): void {
    const last = queue.length - 1;
    const tail = queue[last];
    if (tail !== undefined && tail.length < JOIN_BELOW_UNITS) queue[last] = tail + chunk;
    else queue.push(chunk);
  }

  function pump(): void {
    if (writing) return;
    // Lines dropped by a stall are reported after those that waited; lines lost by a failure are reported before the next ones.
    if (lostLines > 0 && (failing || queue.length === 0)) {
      const lines = lostLines;
      lostLines = 0;
      const notice = eventLine(new Date(nowMs()).toISOString(), "WARNING", "log lines lost", { lines });
      start(halfLine ? `\n${notice}` : notice, lines);
      return;
    }
    const next = queue.shift();
    if (next !== undefined) start(next, 0);
    else settle();
  }

  /** `announced` is how many lost lines the text itself reports; if it cannot be written, they are counted again. */
  function start(text: string, announced: number): void {
    writing = true;
    const bytes = Buffer.from(text);
    writer(bytes, (error, written) => {
      writing = false;
      if (announced === 0) waitingBytes -= bytes.length;
      if (error === undefined) {
        failing = false;
        halfLine = false;
        pump();
        return;
      }
      if (written > 0) halfLine = bytes[written - 1] !== LINE_FEED;
      giveUp(announced > 0 ? announced : countLines(bytes.toString("latin1", written)), error);
    });
  }

  function giveUp(lines: number, error: Error): void {
    failing = true;
    lostLines += lines;
    for (const chunk of queue) lostLines += countLines(chunk);
    queue = [];
    waitingBytes = 0;
    if (!complained) complain(`Cannot write the log: the reader of descriptor ${fd} must accept it: ${error.message}\n`);
    complained = true;
    settle();
  }

  function settle(): void {
    const callbacks = onIdle;
    onIdle = [];
    for (const callback of callbacks) callback();
  }

  return {
    write(chunk): void {
      const bytes = Buffer.byteLength(chunk);
      // Once a line is dropped, all are until the queue is empty, so that the log has one gap and not several.
      if ((lostLines > 0 && !failing) || waitingBytes + bytes > maxWaitingBytes) {
        lostLines += countLines(chunk);
        return;
      }
      waitingBytes += bytes;
      enqueue(chunk);
      pump();
    },
    close(): Promise<void> {
      return new Promise((resolve) => {
        onIdle.push(resolve);
        pump();
      });
    },
  };
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

// Not process.stderr: if its reader is gone too, that would raise an error event and end the process.
function complainOnStderr(sentence: string): void {
  writeDescriptor(2, sentence, () => {});
}
