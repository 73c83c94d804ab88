import { Buffer } from "node:buffer";
import { ask, describeAnswer, isTemporary, NoAnswer, noAnswer, readBody } from "./ask.ts";
import { EX_FAILURE, EX_UNAVAILABLE } from "./exit-status.ts";
import { splitLines } from "./lines.ts";
import type { MessagesService } from "./messages-service.ts";
import { createPatience } from "./patience.ts";
import { CLEAR_LINE } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const SILENCE_LIMIT_MS = 30_000;
const LINE_FEED = 0x0a;

export interface FollowOptions {
  readonly remote: MessagesService;
  /** Begin after this sequence number; undefined begins with what is stored from now on. */
  readonly after: number | undefined;
  /** Takes one message: its line with the line feed. The next one is read once it settles. */
  readonly take: (line: Uint8Array, message: FollowedMessage) => Promise<void>;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal;
}

export interface FollowedMessage {
  readonly seq: number;
  readonly messageId: string;
  readonly from: string;
}

/** How a connection ended. */
interface Ending {
  /** Whether the service began to send messages. */
  readonly reached: boolean;
  /** Whether another attempt may succeed. */
  readonly temporary: boolean;
  readonly reason: string;
  readonly retryAfter?: string | undefined;
}

/**
 * Takes each message as it is stored, and goes on after the last one when the connection is lost, indefinitely. Ends only
 * if the service refuses, or cannot be reached at first; gives the exit status then. Rejects if `take` does.
 */
export async function follow(terminal: Terminal, { remote, after, take, signal }: FollowOptions): Promise<number> {
  const patience = createPatience({ wait: terminal.wait, limitMs: Infinity });
  let position = after;
  let reachedBefore = false;
  const advance = (seq: number): void => {
    patience.succeeded();
    position = seq;
  };
  for (;;) {
    const { reached, temporary, reason, retryAfter } = await followOnce({ remote, after: position, take, advance, ...(signal !== undefined && { signal }) });
    if (signal?.aborted) return EX_FAILURE;
    reachedBefore ||= reached;
    if (!temporary || !reachedBefore) {
      terminal.complain(reason);
      return temporary ? EX_UNAVAILABLE : EX_FAILURE;
    }
    terminal.screen?.(`${CLEAR_LINE}${reason}; trying again`);
    await patience.pause(retryAfter);
    terminal.screen?.(CLEAR_LINE);
  }
}

interface Connection extends FollowOptions {
  /** Called with each place that was reached, once nothing before it will be needed again. */
  readonly advance: (seq: number) => void;
}

async function followOnce({ remote: { service, headers }, after, take, advance, signal }: Connection): Promise<Ending> {
  const target = after === undefined ? "/tail" : `/tail?after=${after}`;
  const refuse = (reason: string): Ending => ({ reached: false, temporary: false, reason: `Cannot follow: ${reason}` });
  let answer;
  try {
    answer = await ask(service, target, { headers: { ...headers, Accept: "application/x-ndjson" }, silenceLimitMs: SILENCE_LIMIT_MS });
    if (answer.statusCode !== 200) {
      const { statusCode } = answer;
      const ending = refuse(`the service answered ${describeAnswer(statusCode, await readBody(service, answer))}`);
      return { ...ending, temporary: isTemporary(statusCode), retryAfter: answer.headers["retry-after"] };
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { reached: false, temporary: true, reason: error.message };
  }

  // From here on silence only means that no message comes.
  answer.socket.setTimeout(0);
  const begin = Number(answer.headers["tail-after"]);
  if (after === undefined && Number.isSafeInteger(begin)) advance(begin);
  const lines = splitLines(answer);
  const stop = (): void => void answer.destroy();
  signal?.addEventListener("abort", stop);
  try {
    for (;;) {
      let next;
      try {
        next = await lines.next();
      } catch (error) {
        return { reached: true, temporary: true, reason: noAnswer(service, error).message };
      }
      // What lacks its line feed was cut off: it comes again.
      if (next.done || next.value.at(-1) !== LINE_FEED) return { reached: true, temporary: true, reason: "The service ended the connection" };
      // A blank line says only that the connection is alive.
      if (next.value.length === 1) continue;
      const message = readMessage(next.value);
      if (message === undefined) return refuse("the service sent a line that is no message");
      await take(next.value, message);
      advance(message.seq);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    answer.destroy();
  }
}

function readMessage(line: Uint8Array): FollowedMessage | undefined {
  try {
    const { seq, message_id, from } = JSON.parse(Buffer.from(line).toString());
    return Number.isSafeInteger(seq) ? { seq, messageId: String(message_id), from: String(from) } : undefined;
  } catch {
    return undefined;
  }
}
