export interface LeadershipOptions {
  readonly locks: LockManager;
  /** One of the windows that use the same name is the leader. */
  readonly name: string;
  readonly onLead: () => void;
  /** This window does not lead, or has stopped leading. */
  readonly onFollow: () => void;
}

/** One window of the browser leads the others: it holds a lock, which is released when the window closes. */
export interface Leadership {
  isLeading(): boolean;
  /** Waits for the lock, or steals it from another window. */
  begin(options?: { readonly stealing: boolean }): void;
  /** Stops leading, or waiting. */
  end(): void;
}

/** Does nothing before `begin`. */
export function createLeadership({ locks, name, onLead, onFollow }: LeadershipOptions): Leadership {
  let running = new AbortController();
  let isLeading = false;

  function follow(): void {
    isLeading = false;
    onFollow();
  }

  /** Waits for the lock or steals it, and leads until it is stopped or the lock is stolen. */
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
      // Another window has stolen the lock, or this one has stopped waiting.
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
