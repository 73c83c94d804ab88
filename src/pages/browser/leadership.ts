export interface LeadershipOptions {
  readonly locks: LockManager;
  /** Windows that use the same name have one leader among them. */
  readonly name: string;
  readonly onLead: () => void;
  /** It leads no longer, or does not yet. */
  readonly onFollow: () => void;
}

/** One window of the browser leads the others: the one that holds a lock, which goes with it. */
export interface Leadership {
  isLeading(): boolean;
  /** Waits for its turn, or takes it away from another window. */
  begin(options?: { readonly stealing: boolean }): void;
  /** Leads no longer, and waits for nothing. */
  end(): void;
}

/** Takes no part before `begin`. */
export function createLeadership({ locks, name, onLead, onFollow }: LeadershipOptions): Leadership {
  let running = new AbortController();
  let isLeading = false;

  function follow(): void {
    isLeading = false;
    onFollow();
  }

  /** Waits for the lock, or takes it away, and leads until it is stopped or the lock is taken away. */
  async function lead(stopped: AbortSignal, isStealing: boolean): Promise<void> {
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
    stopped.addEventListener("abort", () => end(undefined), { once: true });
    try {
      await locks.request(name, isStealing ? { steal: true } : { signal: stopped }, () => {
        if (stopped.aborted) return undefined;
        isLeading = true;
        onLead();
        return ended;
      });
    } catch {
      // Another window has taken the lock away, or this one has given up waiting.
    }
    if (stopped.aborted) return;
    follow();
    void lead(stopped, false);
  }

  return {
    isLeading: () => isLeading,
    begin({ stealing } = { stealing: false }) {
      running.abort();
      running = new AbortController();
      void lead(running.signal, stealing);
    },
    end() {
      running.abort();
      follow();
    },
  };
}
