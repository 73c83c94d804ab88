/** A message as it is sent, in the normalized form in which it is stored. */
export interface Content {
  readonly message_id: string;
  readonly from: string;
  readonly to: string;
  readonly ts: string;
  readonly text: string | null;
}

/** `in_doubt`: the connection was lost before a response came. */
export type Outcome = "stored" | "refused" | "in_doubt";

/** One attempt to send a message. Times are those of the ledger's own clock, which ticks at every entry. */
export interface Attempt {
  readonly content: Content;
  readonly sentAt: number;
  /** Undefined until there is a response; until then the attempt is in doubt. */
  end: { readonly at: number; readonly outcome: Outcome } | undefined;
}

/** What the clients know: every message that they have sent, with its outcomes. */
export interface Ledger {
  sent(content: Content): Attempt;
  ended(attempt: Attempt, outcome: Outcome): void;
  /** By message id, in the order of sending. */
  readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  count(outcome: Outcome): number;
}

export function createLedger(): Ledger {
  const attempts = new Map<string, Attempt[]>();
  const counts: Record<Outcome, number> = { stored: 0, refused: 0, in_doubt: 0 };
  let clock = 0;
  return {
    attempts,
    sent(content) {
      clock += 1;
      const attempt: Attempt = { content, sentAt: clock, end: undefined };
      const known = attempts.get(content.message_id);
      if (known === undefined) attempts.set(content.message_id, [attempt]);
      else known.push(attempt);
      return attempt;
    },
    ended(attempt, outcome) {
      clock += 1;
      counts[outcome] += 1;
      attempt.end = { at: clock, outcome };
    },
    count: (outcome) => counts[outcome],
  };
}

export function sameContent(a: Content, b: Content): boolean {
  return a.message_id === b.message_id && a.from === b.from && a.to === b.to && a.ts === b.ts && a.text === b.text;
}
