import { openConnection, type Answer } from "./connection.ts";
import type { Attempt, Ledger, Outcome } from "./ledger.ts";
import { toRequest, type Plan, type Random } from "./messages.ts";

export interface ClientOptions {
  readonly connections: number;
  readonly ledger: Ledger;
  readonly plan: Plan;
  readonly random: Random;
  /** Told of every answer that a sender of good messages must not get. */
  readonly onUnexpected: (detail: string) => void;
}

export interface LoadOptions {
  /** Ends once nothing waits to be sent again. */
  readonly only?: "retries";
  /** Waited for before each sending; nothing by default. */
  readonly pace?: () => Promise<void>;
}

/** Clients at work on one start of the service. */
export interface Load {
  /** What is on its way is still awaited. */
  stop(): void;
  /** Attempts that have no answer yet. */
  inFlight(): readonly Attempt[];
  /** Attempts that were sent behind one whose answer closed the connection. */
  readonly behindClose: ReadonlySet<Attempt>;
  /** Once all connections have ended: by themselves when the service is gone. */
  readonly finished: Promise<void>;
}

/**
 * Sends over many keep-alive connections, one to three requests at a time on each, and enters every answer in the
 * ledger. What is lost on the way is sent again until its outcome is known; of what is refused (503), a half.
 */
export function startLoad(url: string, options: ClientOptions, { only, pace }: LoadOptions = {}): Load {
  const { ledger, plan, random } = options;
  const inFlight = new Set<Attempt>();
  const behindClose = new Set<Attempt>();
  let stopped = false;

  async function work(): Promise<void> {
    let connection = await openConnection(url);
    while (connection !== undefined && !stopped) {
      await pace?.();
      const attempts = take(1 + Math.floor(random() ** 4 * 3));
      if (attempts.length === 0) break;
      const answers = await connection.exchange(attempts.map(({ content }) => toRequest(content)));
      attempts.forEach((attempt, index) => enter(attempt, answers[index]));
      const closing = answers.findIndex((answer) => answer?.last);
      if (closing === -1 && connection.isOpen()) continue;
      if (closing !== -1) for (const attempt of attempts.slice(closing + 1)) behindClose.add(attempt);
      connection.close();
      connection = await openConnection(url);
    }
    connection?.close();
  }

  function take(count: number): readonly Attempt[] {
    const attempts: Attempt[] = [];
    while (attempts.length < count) {
      const content = plan.next(only);
      if (content === undefined) break;
      const attempt = ledger.sent(content);
      inFlight.add(attempt);
      attempts.push(attempt);
    }
    return attempts;
  }

  function enter(attempt: Attempt, answer: Answer | undefined): void {
    inFlight.delete(attempt);
    const outcome = outcomeOf(answer);
    ledger.ended(attempt, outcome);
    if (outcome === "unknown" || (outcome === "refused" && (only === "retries" || random() < 0.5))) plan.retry(attempt.content);
  }

  function outcomeOf(answer: Answer | undefined): Outcome {
    if (answer === undefined) return "unknown";
    if (answer.status === 200) return "stored";
    if (answer.status !== 503 || !answer.retryAfter) {
      options.onUnexpected(`a good message was answered ${answer.status} ${answer.retryAfter ? "with" : "without"} Retry-After`);
    }
    return "refused";
  }

  return {
    stop() {
      stopped = true;
    },
    inFlight: () => [...inFlight],
    behindClose,
    finished: Promise.all(Array.from({ length: options.connections }, work)).then(() => undefined),
  };
}
