import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { describeResponse, isTemporary, readResponse, request, Unreachable, unreachable } from "./request.ts";
import { EX_FAILURE, EX_UNAVAILABLE } from "./exit-status.ts";
import { splitLines } from "./lines.ts";
import type { MessagesService } from "./messages-service.ts";
import { createBackoff } from "./backoff.ts";
import { CLEAR_LINE } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** The maximum silence before the service begins to send messages. */
const SILENCE_LIMIT_MS = 30_000;
/** The service sends a blank line every 15 s: if two of them are missing, the connection is dead, whatever the system reports. */
const BEAT_LIMIT_MS = 40_000;
const LINE_FEED = 0x0a;

/** A position in the commit order of a store. */
export interface TailPosition {
  readonly after: number;
  /** The store's generation, to which the sequence number belongs; undefined if unknown. */
  readonly generation?: string | undefined;
}

export interface FollowOptions {
  readonly remote: MessagesService;
  /** Begin after this position; undefined begins with what is stored from now on. */
  readonly from: TailPosition | undefined;
  /**
   * Called with the position at which each connection begins, before its first message. The generation changes if the store has
   * gone back to an earlier state.
   */
  readonly opened?: (position: TailPosition) => Promise<void>;
  /** Called with each message: its line, including the line feed. The next message is read once this settles. */
  readonly take: (line: Uint8Array, message: FollowedMessage) => Promise<void>;
  /** Stops following when aborted. */
  readonly signal?: AbortSignal;
}

export interface FollowedMessage {
  readonly seq: number;
  readonly messageId: string;
  readonly from: string;
}

/** Why a connection ended. */
interface Ending {
  /** Where to continue at once: the store has gone back to this position. */
  readonly back?: TailPosition | undefined;
  /** Whether the service began to send messages. */
  readonly reached: boolean;
  /** Whether another attempt may succeed. */
  readonly temporary: boolean;
  readonly reason: string;
  readonly retryAfter?: string | undefined;
}

/**
 * Calls `take` with each message as it is stored. When the connection is lost, it reconnects and continues after the last
 * message, indefinitely. If the store has gone back to an earlier state, for example after a restore, it continues after the last
 * message that both generations share. Ends only if `signal` is aborted, or if the service refuses or cannot be reached at first,
 * and then gives the exit status. Rejects if `take` or `opened` does.
 */
export async function follow(terminal: Terminal, options: FollowOptions): Promise<number> {
  const { signal } = options;
  const backoff = createBackoff({ wait: terminal.wait, limitMs: Infinity });
  let position = options.from;
  let reachedBefore = false;
  let wentBack = false;
  const advance = (reached: TailPosition): void => {
    backoff.succeeded();
    wentBack = false;
    position = reached;
  };
  for (;;) {
    const { reached, temporary, reason, retryAfter, back } = await followOnce({ ...options, from: position, advance });
    if (signal?.aborted) return EX_FAILURE;
    // Only once in a row: otherwise a service that always responds with 409 would keep this loop busy.
    if (back !== undefined && !wentBack) {
      terminal.complain(`The store has gone back to an earlier state: continuing after seq ${back.after}`);
      position = back;
      wentBack = true;
      continue;
    }
    reachedBefore ||= reached;
    if (!temporary || !reachedBefore) {
      terminal.complain(reason);
      return temporary ? EX_UNAVAILABLE : EX_FAILURE;
    }
    terminal.screen?.(`${CLEAR_LINE}${reason}; trying again`);
    await backoff.pause(retryAfter);
    terminal.screen?.(CLEAR_LINE);
  }
}

interface Connection extends FollowOptions {
  /** Called with each position reached, once nothing before it is needed again. */
  readonly advance: (position: TailPosition) => void;
}

async function followOnce({ remote: { service, headers }, from, opened, take, advance, signal }: Connection): Promise<Ending> {
  const refuse = (reason: string): Ending => ({ reached: false, temporary: false, reason: `Cannot follow: ${reason}` });
  let response;
  try {
    response = await request(service, targetOf(from), {
      headers: { ...headers, Accept: "application/x-ndjson" },
      silenceLimitMs: SILENCE_LIMIT_MS,
    });
    if (response.statusCode !== 200) {
      const { statusCode } = response;
      const ending = refuse(`the service responded with ${describeResponse(statusCode, await readResponse(service, response))}`);
      const back = statusCode === 409 && from !== undefined ? beginningOf(response) : undefined;
      return { ...ending, temporary: isTemporary(statusCode), retryAfter: response.headers["retry-after"], back };
    }
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { reached: false, temporary: true, reason: error.message };
  }

  // From here on, silence is timed only while a line is awaited: a slow `take` may leave the connection idle.
  response.socket.setTimeout(0);
  const begin = beginningOf(response);
  const { generation } = begin ?? {};
  const lines = splitLines(response);
  const stop = (): void => void response.destroy();
  signal?.addEventListener("abort", stop);
  try {
    if (begin !== undefined) {
      await opened?.(begin);
      if (from === undefined) advance(begin);
    }
    for (;;) {
      let next;
      try {
        next = await nextWithin(BEAT_LIMIT_MS, lines, response);
      } catch (error) {
        return { reached: true, temporary: true, reason: unreachable(service, error).message };
      }
      // A line without a line feed was cut off: the service sends it again after the next connection.
      if (next.done || next.value.at(-1) !== LINE_FEED)
        return { reached: true, temporary: true, reason: "The service ended the connection" };
      // A blank line only shows that the connection is alive.
      if (next.value.length === 1) continue;
      const message = readMessage(next.value);
      if (message === undefined) return refuse("the service sent a line that is not a message");
      await take(next.value, message);
      advance({ after: message.seq, generation });
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    response.destroy();
  }
}

/** The next line of the response. Destroys the connection if not one byte arrives within `limitMs`. */
async function nextWithin(
  limitMs: number,
  lines: AsyncGenerator<Uint8Array, void>,
  response: IncomingMessage,
): Promise<IteratorResult<Uint8Array, void>> {
  const { socket } = response;
  let seenBytes = socket.bytesRead;
  let timer = setTimeout(look, limitMs);
  function look(): void {
    if (socket.bytesRead === seenBytes) {
      response.destroy(new Error(`silent for ${limitMs / 1000} s`));
      return;
    }
    // A long line arrives in several chunks.
    seenBytes = socket.bytesRead;
    timer = setTimeout(look, limitMs);
  }
  try {
    return await lines.next();
  } finally {
    clearTimeout(timer);
  }
}

function targetOf(from: TailPosition | undefined): string {
  if (from === undefined) return "/tail";
  return from.generation === undefined
    ? `/tail?after=${from.after}`
    : `/tail?after=${from.after}&generation=${encodeURIComponent(from.generation)}`;
}

/** Where a response says that the tail begins or, with 409, where it could begin. */
function beginningOf({ headers }: IncomingMessage): TailPosition | undefined {
  const text = headers["tail-after"];
  const generation = headers["tail-generation"];
  if (typeof text !== "string" || !/^[0-9]+$/.test(text)) return undefined;
  return { after: Number(text), ...(typeof generation === "string" && { generation }) };
}

function readMessage(line: Uint8Array): FollowedMessage | undefined {
  try {
    const { seq, message_id, from } = JSON.parse(Buffer.from(line).toString());
    return Number.isSafeInteger(seq) ? { seq, messageId: String(message_id), from: String(from) } : undefined;
  } catch {
    return undefined;
  }
}
