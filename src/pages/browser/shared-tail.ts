import type { SequencedMessage } from "../../core/message.ts";
import { openChannel } from "./channel.ts";
import { SCRIPT } from "./root.ts";
import { createTail, type Tail, type TailOptions, type TailState } from "./tail.ts";

/** What the window that has the connection tells the others. */
interface Report {
  readonly kind: "report";
  readonly state: TailState;
  readonly messages: readonly SequencedMessage[];
  /** The id of the last event, from which another window could go on. */
  readonly id: string | undefined;
  readonly event?: "gap" | "reset";
}

/** `hello`: is anyone there? */
type Word = Report | { readonly kind: "hello" } | { readonly kind: "wake" };

/** A window that has the connection answers within it, unless the browser has frozen it. */
const ANSWER_WITHIN_MS = 2000;
/** How often the others ask whether it is still there. */
const ASK_EVERY_MS = 45_000;

/** Of windows with the same script, in which the words above mean the same. */
const NAME = `tail ${SCRIPT}`;

/**
 * One connection for all windows of the browser, which has few of them for one host. The window that holds a lock has it and tells the
 * others; after it the next one goes on from the last event that it has heard of. Undefined if the browser cannot do that.
 */
export function createSharedTail(options: TailOptions): Tail | undefined {
  // Browsers have locks on https and on this machine alone (W3C Secure Contexts).
  if (!("locks" in navigator)) return undefined;
  const { locks } = navigator;
  let running: AbortController | undefined;
  let isLeading = false;
  let state: TailState = "paused";
  let lastSeq = 0;
  let heardMs = 0;
  let asking: number | undefined;

  function show(next: TailState): void {
    if (next === state) return;
    state = next;
    options.onState(next);
  }

  /** A window that takes over may bring again what another has told. */
  function take(messages: readonly SequencedMessage[]): void {
    const unknown = messages.filter(({ seq }) => seq > lastSeq);
    lastSeq = unknown.at(-1)?.seq ?? lastSeq;
    if (unknown.length > 0) options.onMessages(unknown);
  }

  function happen(event: Report["event"]): void {
    if (event === undefined) return;
    lastSeq = 0;
    if (event === "reset") options.onReset();
    else options.onGap();
  }

  function report(messages: readonly SequencedMessage[] = [], event?: Report["event"]): void {
    channel?.post({ kind: "report", state, messages, id: own.lastId(), ...(event !== undefined && { event }) });
  }

  const own = createTail({
    ...options,
    onMessages(messages) {
      if (!isLeading) return;
      report(messages);
      take(messages);
    },
    onState(next) {
      if (!isLeading) return;
      show(next);
      report();
    },
    onGap() {
      report([], "gap");
      happen("gap");
    },
    onReset() {
      report([], "reset");
      happen("reset");
    },
  });

  const channel = openChannel<Word>(NAME, (word) => {
    if (running === undefined) return;
    if (isLeading) {
      if (word.kind === "hello") report();
      if (word.kind === "wake") own.wake();
    } else if (word.kind === "report") {
      heardMs = performance.now();
      own.heard(word.id);
      happen(word.event);
      show(word.state);
      take(word.messages);
    }
  });
  if (channel === undefined) return undefined;

  /** Waits for the lock, or takes it away, and has the connection until it is stopped or the lock is taken away. */
  async function lead(stopped: AbortSignal, isStealing = false): Promise<void> {
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
    stopped.addEventListener("abort", () => end(undefined), { once: true });
    try {
      await locks.request(NAME, isStealing ? { steal: true } : { signal: stopped }, () => {
        if (stopped.aborted) return undefined;
        isLeading = true;
        own.start();
        return ended;
      });
    } catch {
      // Another window has taken the lock away, or this one has given up waiting.
    }
    if (stopped.aborted) return;
    follow();
    void lead(stopped);
  }

  function follow(): void {
    isLeading = false;
    own.stop();
  }

  /** Begins anew to wait for the lock, or takes it. */
  function begin(isStealing = false): void {
    running?.abort();
    running = new AbortController();
    void lead(running.signal, isStealing);
  }

  /** Asks for the present state; takes the connection from a window that does not respond, if somebody looks at this one. */
  function check(): void {
    if (running === undefined || isLeading) return;
    const askedMs = performance.now();
    channel?.post({ kind: "hello" });
    if (document.hidden) return;
    setTimeout(() => {
      if (running !== undefined && !isLeading && heardMs < askedMs) begin(true);
    }, ANSWER_WITHIN_MS);
  }

  document.addEventListener("visibilitychange", check);
  return {
    start() {
      if (running !== undefined) return;
      show("connecting");
      begin();
      check();
      asking = setInterval(check, ASK_EVERY_MS);
    },
    stop() {
      running?.abort();
      running = undefined;
      clearInterval(asking);
      follow();
      show("paused");
    },
    wake() {
      if (isLeading) own.wake();
      else channel.post({ kind: "wake" });
    },
  };
}
