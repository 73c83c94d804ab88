import { setTimeout } from "node:timers/promises";
import { openConnection, type Answer, type Connection } from "./connection.ts";
import type { Attempt, Content, Ledger, Outcome } from "./ledger.ts";
import { fitsNotification, toRequest, type Plan, type Random } from "./messages.ts";

export interface ClientOptions {
  readonly connections: number;
  readonly ledger: Ledger;
  readonly plan: Plan;
  readonly random: Random;
  /** Called with every response that a sender of good messages must not get. */
  readonly onUnexpected: (detail: string) => void;
}

export interface LoadOptions {
  /** Sends only what waits to be resent, and ends once nothing does. */
  readonly only?: "retries";
  /** Awaited before each request; nothing by default. */
  readonly pace?: () => Promise<void>;
  /** Whether to reconnect until it is stopped, even while no service listens; false by default. */
  readonly persists?: boolean;
}

const TRY_AGAIN_MS = 50;

/** Clients that use one start of the service. */
export interface Load {
  /** Stops sending, but still waits for the responses to requests in flight. */
  stop(): void;
  /** Attempts that have no response yet. */
  inFlight(): readonly Attempt[];
  /** Attempts that were sent after one whose response closed the connection. */
  readonly behindClose: ReadonlySet<Attempt>;
  /** Settles once all connections have ended; they end by themselves when the service is gone. */
  readonly finished: Promise<void>;
}

/**
 * Sends over many keep-alive connections, one to three requests at a time on each, and records every response in the ledger.
 * Messages in doubt are resent until their outcome is known, and so are half of those that were refused (503).
 */
export function startLoad(url: string, options: ClientOptions, { only, pace, persists = false }: LoadOptions = {}): Load {
  const { ledger, plan, random } = options;
  const inFlight = new Set<Attempt>();
  const behindClose = new Set<Attempt>();
  let stopped = false;

  async function open(): Promise<Connection | undefined> {
    for (;;) {
      const connection = await openConnection(url);
      if (connection !== undefined || !persists || stopped) return connection;
      await setTimeout(TRY_AGAIN_MS);
    }
  }

  async function work(): Promise<void> {
    let connection = await open();
    while (connection !== undefined && !stopped) {
      await pace?.();
      const deliveries = Array.from({ length: 1 + Math.floor(random() ** 4 * 3) }, takeDelivery).filter((attempts) => attempts.length > 0);
      if (deliveries.length === 0) break;
      const answers = await connection.exchange(deliveries.map((attempts) => toRequest(attempts.map(({ content }) => content))));
      deliveries.forEach((attempts, index) => attempts.forEach((attempt) => enter(attempt, answers[index])));
      const closing = answers.findIndex((answer) => answer?.last);
      if (closing === -1 && connection.isOpen()) continue;
      if (closing !== -1) for (const attempt of deliveries.slice(closing + 1).flat()) behindClose.add(attempt);
      connection.close();
      connection = await open();
    }
    connection?.close();
  }

  /** One message, or several in one notification: all are stored, or none. */
  function takeDelivery(): readonly Attempt[] {
    const count = random() < 0.9 ? 1 : 2 + Math.floor(random() * 30);
    const drawn: Content[] = [];
    for (let content = plan.next(only); content !== undefined; content = drawn.length < count ? plan.next(only) : undefined) drawn.push(content);
    const fitting = count === 1 ? [] : drawn.filter(fitsNotification);
    const contents = fitting.length === 0 ? drawn.slice(0, 1) : fitting;
    for (const content of drawn) if (!contents.includes(content)) plan.retry(content);
    return contents.map((content) => {
      const attempt = ledger.sent(content);
      inFlight.add(attempt);
      return attempt;
    });
  }

  function enter(attempt: Attempt, answer: Answer | undefined): void {
    inFlight.delete(attempt);
    const outcome = outcomeOf(answer);
    ledger.ended(attempt, outcome);
    if (outcome === "in_doubt" || (outcome === "refused" && (only === "retries" || random() < 0.5))) plan.retry(attempt.content);
  }

  function outcomeOf(answer: Answer | undefined): Outcome {
    // 502 and 504 only come from a proxy, which does not know the outcome either.
    if (answer === undefined || answer.status === 502 || answer.status === 504) return "in_doubt";
    if (answer.status === 200) return "stored";
    if (answer.status !== 503 || !answer.retryAfter) {
      options.onUnexpected(`a good message got ${answer.status} ${answer.retryAfter ? "with" : "without"} Retry-After`);
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
