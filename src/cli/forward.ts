import { loadForwardSecret } from "../config.ts";
import type { ForwardCommand } from "./command.ts";
import { openDeadLetters, type DeadLetters } from "./dead-letters.ts";
import { EX_CONFIG } from "./exit-status.ts";
import { follow } from "./follow.ts";
import { describeForward, serveForwardMetrics, type ForwardState } from "./forward-metrics.ts";
import { createForwardOrder } from "./forward-order.ts";
import { openForwardPosition, type ForwardPosition } from "./forward-position.ts";
import { createForwardPost } from "./forward-post.ts";
import { loadMessagesService, type MessagesService } from "./messages-service.ts";
import type { Terminal } from "./terminal.ts";

/** How many messages may wait in memory. */
const ROOM = 1000;
const REPORT_EVERY_MS = 60_000;

/**
 * Forwards each message as it is stored: the messages of one sender in order and one at a time, each at least once. The
 * position is kept in a file, so that a restarted process continues where it stopped. Ends only as `follow` does, with its exit
 * status.
 *
 * Rejects if the position is in use or belongs to another URL, or if a file or the port of the metrics cannot be used.
 */
export async function forward(terminal: Terminal, command: ForwardCommand): Promise<number> {
  const remote = loadMessagesService(terminal, command.url);
  const secret = loadForwardSecret(terminal.env, terminal.complain);
  const problems = [...(remote.ok ? [] : remote.error), ...(secret.ok ? [] : [secret.error])];
  for (const problem of problems) terminal.complain(problem);
  if (!remote.ok || !secret.ok) return EX_CONFIG;

  const deadLetters = command.deadLetter === undefined ? undefined : await openDeadLetters(command.deadLetter.file);
  try {
    const position = await openForwardPosition({ path: command.position, to: withoutPassword(command.to), first: command.after });
    try {
      return await forwardFrom(position, { terminal, command, deadLetters, remote: remote.value, secret: secret.value });
    } finally {
      await position.written().finally(() => position.close());
    }
  } finally {
    await deadLetters?.close();
  }
}

interface Circumstances {
  readonly terminal: Terminal;
  readonly command: ForwardCommand;
  readonly deadLetters: DeadLetters | undefined;
  readonly remote: MessagesService;
  readonly secret: string;
}

async function forwardFrom(position: ForwardPosition, { terminal, command, deadLetters, remote, secret }: Circumstances): Promise<number> {
  const { to, concurrency, deadLetter, metricsPort } = command;
  const giveUp =
    deadLetter === undefined || deadLetters === undefined ? undefined : { maxAttempts: deadLetter.maxAttempts, keep: deadLetters.keep };
  const counts = { delivered: 0, failedAttempts: 0, deadLetters: 0 };
  const order = createForwardOrder({
    deliver: createForwardPost({ to, secret, concurrency, giveUp, counts, wait: terminal.wait }),
    advance: (after) => position.move({ ...position.current(), after }),
    room: ROOM,
  });
  const state = (): ForwardState => ({ ...counts, waiting: order.waiting(), after: position.current().after });
  const server = metricsPort === undefined ? undefined : await serveForwardMetrics(metricsPort, state);
  const report =
    server === undefined ? setInterval(() => terminal.complain(describeForward(state())), REPORT_EVERY_MS).unref() : undefined;
  const ending = new AbortController();
  try {
    const followed = follow(terminal, {
      remote,
      from: position.current(),
      async opened(begin) {
        if (begin.generation === position.current().generation) return;
        // Sequence numbers of different generations must not be compared.
        await order.idle();
        position.move(begin);
      },
      take: (line, message) => order.add({ line, ...message }),
      signal: ending.signal,
    });
    return await Promise.race([followed, order.failed, position.failed]);
  } finally {
    ending.abort();
    clearInterval(report);
    server?.close();
  }
}

/** The position's file contains the URL, but must not contain its password. */
function withoutPassword(to: URL): string {
  const shown = new URL(to);
  shown.username = "";
  shown.password = "";
  return shown.href;
}
