import { Buffer } from "node:buffer";
import { ask, describeAnswer, isTemporary, NoAnswer, noAnswer, readBody } from "./ask.ts";
import type { TailCommand } from "./command.ts";
import { EX_CONFIG, EX_FAILURE, EX_UNAVAILABLE } from "./exit-status.ts";
import { splitLines } from "./lines.ts";
import { loadMessagesService, type MessagesService } from "./messages-service.ts";
import { createPatience } from "./patience.ts";
import { CLEAR_LINE } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const SILENCE_LIMIT_MS = 30_000;
const LINE_FEED = 0x0a;

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
 * Prints each message as it is stored, and goes on behind the last one when the connection is lost, for as long as it
 * takes. Ends only where the service refuses, or cannot be reached at first; gives the exit status then. Rejects where
 * standard output cannot be written.
 */
export async function tail(terminal: Terminal, { url, after }: TailCommand): Promise<number> {
  const remote = loadMessagesService(terminal.env, url);
  if (!remote.ok) {
    for (const problem of remote.error) terminal.complain(problem);
    return EX_CONFIG;
  }
  const patience = createPatience({ wait: terminal.wait, limitMs: Infinity });
  let position = after;
  let reachedBefore = false;

  const advance = (seq: number): void => {
    patience.succeeded();
    position = seq;
  };
  for (;;) {
    const { reached, temporary, reason, retryAfter } = await follow(terminal, remote.value, { position, advance });
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

interface Place {
  readonly position: number | undefined;
  /** Called with each place that was reached, once nothing before it will be needed again. */
  readonly advance: (seq: number) => void;
}

async function follow(terminal: Terminal, { service, headers }: MessagesService, { position, advance }: Place): Promise<Ending> {
  const target = position === undefined ? "/tail" : `/tail?after=${position}`;
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
  if (position === undefined && Number.isSafeInteger(begin)) advance(begin);
  const lines = splitLines(answer);
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
      const seq = sequenceOf(next.value);
      if (seq === undefined) return refuse("the service sent a line that is no message");
      await terminal.write(next.value);
      advance(seq);
    }
  } finally {
    answer.destroy();
  }
}

function sequenceOf(line: Uint8Array): number | undefined {
  try {
    const { seq } = JSON.parse(Buffer.from(line).toString());
    return Number.isSafeInteger(seq) ? seq : undefined;
  } catch {
    return undefined;
  }
}
